/** Configuration of the collector: every limit with its unit, its default and what happens at it. */
import { z } from 'zod'
import { renderConfigPage } from './page.ts'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB
const MINUTE_MS = 60_000

const count = z.int().min(1)
const bytes = z.int().min(1)
const ms = z.int().min(0)

const listen = z
  .strictObject({
    host: z
      .string()
      .default('127.0.0.1')
      .describe('Address to listen on. Anything but loopback needs tenantsFile'),
    port: z.int().min(0).max(65_535).default(4318).describe('TCP port; 0 lets the system choose'),
    tls: z
      .strictObject({
        certFile: z.string().describe('PEM file with the certificate chain'),
        keyFile: z.string().describe('PEM file with the private key'),
      })
      .optional()
      .describe('Serve HTTPS. The files are read again when they change'),
  })
  .prefault({})

const clickhouse = z
  .strictObject({
    url: z.url().default('http://127.0.0.1:8123').describe('HTTP interface of ClickHouse'),
    username: z.string().default('default').describe('User that may insert'),
    password: z.string().default('').describe('Its password'),
    database: z.string().default('default').describe('Database of the migrated tables'),
    insertMsMax: ms
      .min(1)
      .default(600_000)
      .describe(
        'Longest time to wait for one insert, ms; the first attempt waits 30 s, each further one twice as long',
      ),
    insertsMax: count.max(64).default(2).describe('Segments inserted at the same time'),
  })
  .prefault({})

const limits = z
  .strictObject({
    bodyBytesMax: bytes
      .default(64 * MIB)
      .describe(
        'Size of one request after decompression, bytes; larger is refused with 413, metrics above 8 MiB in any case',
      ),
    wireBytesMax: bytes
      .default(64 * MIB)
      .describe('Size of one request on the wire, bytes; larger is refused with 413'),
    inflightBytesMax: bytes
      .default(128 * MIB)
      .describe('Bodies and open blocks held in memory, bytes; beyond it requests get 503'),
    requestMsMax: ms.min(1).default(30_000).describe('Time a client may take to send one request, ms'),
    connectionsMax: count.default(10_000).describe('Open connections per worker; more are closed at once'),
    logBytesMax: bytes
      .default(16 * GIB)
      .describe('Size of all write-ahead logs of the data directory, bytes; beyond it requests get 503'),
    diskFreeBytesMin: z
      .int()
      .min(0)
      .default(512 * MIB)
      .describe('Free space to leave on the disk of the data directory, bytes; below it requests get 503'),
  })
  .prefault({})

const commit = z
  .strictObject({
    delayMs: ms.max(1000).default(2).describe('Time a request may wait for others to share its sync, ms'),
    bytesMax: bytes.default(4 * MIB).describe('Block size that is committed without waiting, bytes'),
  })
  .prefault({})

const segment = z
  .strictObject({
    rowsMax: count.default(200_000).describe('Rows at which a segment is sealed'),
    bytesMax: bytes.default(64 * MIB).describe('Size at which a segment is sealed, bytes'),
    ageMsMax: ms
      .min(1)
      .default(400)
      .describe('Age at which a segment is sealed, ms; while ClickHouse is behind, segments grow instead'),
  })
  .prefault({})

const resend = z
  .strictObject({
    windowMs: ms
      .min(15 * MINUTE_MS)
      .default(20 * MINUTE_MS)
      .describe('Time for which a request that comes again is recognised, ms'),
    keysMax: count
      .default(4_000_000)
      .describe('Requests remembered, 24 to 48 bytes each; beyond it the oldest are forgotten, and counted'),
  })
  .prefault({})

const tenantLimits = z
  .strictObject({
    bytesPerSecond: bytes.optional().describe('Decompressed bytes per second of one tenant; beyond it 429'),
    requestsPerSecond: count.optional().describe('Requests per second of one tenant; beyond it 429'),
  })
  .prefault({})

/** The log keeps the length of a tenant id in one byte. */
const TENANT_ID_BYTES_MAX = 255

const githubWebhook = z.strictObject({
  tenantId: z
    .string()
    .min(1)
    .refine(
      (id) => Buffer.byteLength(id) <= TENANT_ID_BYTES_MAX,
      `write at most ${TENANT_ID_BYTES_MAX} bytes of UTF-8`,
    )
    .describe(`Tenant whose changes the webhook reports, at most ${TENANT_ID_BYTES_MAX} bytes`),
  secret: z.string().min(16).describe('Secret the code host signs with; write it as ${NAME}'),
})

const ownMetrics = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe(
      'Where to send what /metrics shows over OTLP as well, such as http://127.0.0.1:4318/v1/metrics; may be this collector. Without ownMetrics nothing is sent',
    ),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Headers of each request, such as authorization; write secrets as ${NAME}'),
  intervalMs: ms.min(100).default(15_000).describe('Time between two exports, ms'),
})

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

/** `collector.yaml`. */
export const collectorConfigSchema = z
  .strictObject({
    listen,
    dataDir: z
      .string()
      .default('.sandglass/log')
      .describe('Directory of the write-ahead logs and the quarantine; one running collector owns it'),
    workers: count
      .max(64)
      .default(1)
      .describe('Processes that share the port; each has its own log inside dataDir'),
    tenantsFile: z
      .string()
      .optional()
      .describe('File with tenants and hashes of their tokens, read again when it changes'),
    tenantLimits: tenantLimits.describe('Limits of every tenant that states none of its own'),
    clickhouse,
    limits,
    commit,
    segment,
    resend,
    priceBookFile: z
      .string()
      .optional()
      .describe('File with prices of models and negotiated prices; without it, list prices and no models'),
    retentionDays: count
      .min(2)
      .default(30)
      .describe(
        'Timestamps older than a day less than this, or more than 1 h ahead, are clamped and counted, days',
      ),
    sandboxRefreshMs: ms
      .min(100)
      .default(5_000)
      .describe('Interval at which what is known of sandboxes is read from ClickHouse, ms'),
    watermarkMs: ms.min(50).default(1_000).describe('Interval at which watermarks are written, ms'),
    stopMsMax: ms
      .default(20_000)
      .describe('Time a graceful stop may spend shipping, ms; the rest is shipped at the next start'),
    ownMetrics: ownMetrics
      .optional()
      .describe('Send what /metrics shows over OTLP as well; the receiver may be this collector'),
    githubWebhooks: z
      .array(githubWebhook)
      .default([])
      .describe('Webhooks for merged and reverted changes, at /webhooks/github'),
  })
  .refine(({ listen, tenantsFile }) => tenantsFile !== undefined || LOOPBACK.test(listen.host), {
    path: ['listen', 'host'],
    message: 'without tenantsFile anyone could write: listen on 127.0.0.1, or name a tenantsFile',
  })

export type CollectorConfig = z.infer<typeof collectorConfigSchema>

const TOKEN_HASH = /^[0-9a-f]{64}$/

/** The file named by `tenantsFile`. */
export const tenantsFileSchema = z.strictObject({
  tenants: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[A-Za-z0-9._-]{1,64}$/, 'write 1 to 64 letters, digits, dots, dashes, underscores')
          .describe('Tenant id, the TenantId of every row'),
        tokenHashes: z
          .array(
            z
              .string()
              .regex(TOKEN_HASH, 'write the SHA-256 of the token as 64 lower-case hexadecimal digits'),
          )
          .min(1)
          .describe('SHA-256 of each valid token; list the old and the new one while rotating'),
        limits: tenantLimits.optional().describe('Limits of this tenant instead of tenantLimits'),
      }),
    )
    .min(1),
})

export type TenantsFile = z.infer<typeof tenantsFileSchema>

/** docs/config-collector.md, Markdown. */
export const renderCollectorConfigPage = (): string =>
  renderConfigPage('Configuration of the collector', 'schemas/src/config/collector.ts', [
    ['collector.yaml', collectorConfigSchema],
    ['the tenants file', tenantsFileSchema],
  ])
