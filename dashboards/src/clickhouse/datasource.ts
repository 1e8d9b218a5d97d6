/** The provisioned datasource that every panel and every alert rule reads (deploy/grafana/datasources). */
export const clickhouseDatasource = { type: 'grafana-clickhouse-datasource', uid: 'sandglass' } as const

/** Version of the datasource plugin whose query model query.ts writes. */
export const clickhousePluginVersion = '4.20.0'
