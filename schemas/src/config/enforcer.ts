/** Configuration of the enforcer. */
import { z } from 'zod'
import { budgetsSchema } from '../budgets.ts'
import { SECRET_LENGTH_MIN } from '../governor/signature.ts'

/** `enforcer.yaml`. */
export const enforcerConfigSchema = z
  .strictObject({
    instance: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected letters, digits, dots and dashes, up to 64')
      .default('enforcer')
      .describe(
        'Name of this instance; every start appends an id of its own and begins a chain of decisions',
      ),
    tenantId: z.string().min(1).default('default').describe('Tenant whose spend is watched'),
    budgetsFile: z.string().optional().describe('Path of budgets.yaml, relative to this file'),
    budgets: budgetsSchema.optional().describe('The budget document itself, instead of a file'),
    clickhouse: z
      .strictObject({
        url: z
          .url()
          .default('http://127.0.0.1:8123')
          .describe('HTTP interface of ClickHouse; reading is enough'),
        username: z.string().default('default').describe('User that may read the derived tables'),
        password: z.string().default('').describe('Its password'),
        database: z.string().default('default').describe('Database of the migrated tables'),
        queryMsMax: z.int().min(100).default(5000).describe('Time one query may take, ms'),
      })
      .prefault({}),
    collector: z
      .strictObject({
        url: z
          .url()
          .default('http://127.0.0.1:4318')
          .describe('OTLP/HTTP base URL where decisions are recorded'),
        token: z.string().default('').describe('Bearer token of the tenant; empty sends none'),
        sendMsMax: z.int().min(100).default(5000).describe('Time one attempt to record may take, ms'),
      })
      .prefault({}),
    governor: z
      .strictObject({
        url: z.url().describe('Base URL of the Worker that mounts the governor'),
        secret: z
          .string()
          .min(SECRET_LENGTH_MIN)
          .describe('Secret shared with the Worker; write it as ${NAME}'),
        callMsMax: z
          .int()
          .min(100)
          .default(120_000)
          .describe('Time one suspension or resumption may take, ms; a repeated call is recognised'),
        callsMax: z
          .int()
          .min(1)
          .max(256)
          .default(16)
          .describe('Suspensions and resumptions at the same time'),
      })
      .optional()
      .describe('Without it decisions are made and recorded, and nothing is stopped'),
    notify: z
      .strictObject({
        webhookUrl: z.url().describe('Receives one JSON POST per crossing; its key identifies repeats'),
      })
      .optional(),
    tickMs: z.int().min(100).max(60_000).default(1000).describe('Time from one observation to the next, ms'),
    listen: z
      .strictObject({
        host: z.string().default('127.0.0.1').describe('Address of /health and /metrics'),
        port: z.int().min(0).max(65_535).default(0).describe('Its port; 0 lets the system choose'),
      })
      .prefault({}),
  })
  .refine((config) => config.budgets === undefined || config.budgetsFile === undefined, {
    path: ['budgetsFile'],
    message: 'expected either budgets or budgetsFile',
  })

export type EnforcerConfig = z.infer<typeof enforcerConfigSchema>
