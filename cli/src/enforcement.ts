/** Events that people send: overrides, their end, the pause of the enforcer. The collector's 200 is the record. */
import { createSendLogs, OverrideError, storeEvents, type OtlpEvent } from '@sandglass/enforcer'
import { durationSchema } from '@sandglass/schemas/budgets/window'
import { OperationError, UsageError } from './errors.ts'
import { DATA_DIRECTORY_DEFAULT, readEndpoints } from './stack/data-directory.ts'

export interface CollectorFlags {
  readonly dataDir?: string
  readonly otlpUrl?: string
  readonly token?: string
}

const SEND_MS_MAX = 10_000

/** Makes the event and stores it. Throws UsageError when the event is not acceptable, OperationError when it is not stored. */
export async function recordEvent(
  flags: CollectorFlags,
  make: (nowMs: number) => OtlpEvent,
): Promise<OtlpEvent> {
  const made = makeEvent(make)
  const send = createSendLogs({
    url: await collectorUrl(flags),
    token: flags.token ?? '',
    sendMsMax: SEND_MS_MAX,
  })
  try {
    await storeEvents(send, 'sandglass-cli', [made])
  } catch (error) {
    throw new OperationError(error instanceof Error ? error.message : String(error), { cause: error })
  }
  return made
}

function makeEvent(make: (nowMs: number) => OtlpEvent): OtlpEvent {
  try {
    return make(Date.now())
  } catch (error) {
    if (error instanceof OverrideError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/** Of the flags, else of the running stack. Throws UsageError when there is none. */
export async function collectorUrl({ otlpUrl, dataDir }: CollectorFlags): Promise<string> {
  if (otlpUrl !== undefined) return otlpUrl
  const endpoints = await readEndpoints(dataDir ?? DATA_DIRECTORY_DEFAULT)
  if (endpoints === undefined)
    throw new UsageError('no stack runs here: run sandglass up, or name --otlp-url')
  return endpoints.otlpUrl
}

/** `30m` as milliseconds. Throws UsageError. */
export function parseTtl(text: string): number {
  const parsed = durationSchema.safeParse(text)
  if (!parsed.success) throw new UsageError(`--ttl ${text}: write a duration such as 90s, 15m, 1h or 7d`)
  return parsed.data
}
