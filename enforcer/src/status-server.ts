/** GET /health and /metrics. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Telemetry } from './telemetry.ts'

export interface StatusServer {
  readonly url: string
  close(): Promise<void>
}

export interface StatusOptions {
  readonly host: string
  readonly port: number
  readonly telemetry: Telemetry
  readonly now: () => number
  /** Age of the last tick beyond which the enforcer is not well, ms. */
  readonly tickAgeMsMax: number
}

/** Rejects when the address cannot be had. */
export async function startStatusServer(options: StatusOptions): Promise<StatusServer> {
  const { telemetry, host, port } = options
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/metrics') {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      response.end(telemetry.render())
      return
    }
    const health = path === '/health' ? healthOf(options) : undefined
    response.statusCode = health === undefined ? 404 : health.status === 'ok' ? 200 : 503
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(health ?? { error: 'only /health and /metrics are here' }))
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw new Error(`cannot listen on ${host}:${port}: ${cause}; free it or choose another listen.port`, {
      cause: error,
    })
  }
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function healthOf({ telemetry, now, tickAgeMsMax }: StatusOptions) {
  const lastTickMs = telemetry.get('sandglass_enforcer_last_tick_timestamp_seconds') * 1000
  const ageMs = now() - lastTickMs
  return {
    status: ageMs <= tickAgeMsMax ? 'ok' : 'stalled',
    lastTickMs,
    watermarkAgeSeconds: telemetry.get('sandglass_enforcer_watermark_age_seconds'),
    recordPending: telemetry.get('sandglass_enforcer_record_pending'),
    paused: telemetry.get('sandglass_enforcer_paused') === 1,
  } as const
}
