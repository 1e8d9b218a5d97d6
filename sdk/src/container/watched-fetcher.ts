import { attr } from '@sandglass/schemas/semconv'
import type { Instrument } from '../instrument.ts'
import type { Operation } from '../operations/operation.ts'
import { readNumber, readText } from '../operations/read.ts'
import { beginCall, endCall, failCall } from '../wrap/call.ts'
import { disguise, overlay } from '../wrap/overlay.ts'
import type { WatchedSandbox } from './sandbox.ts'

type Fetch = (...args: unknown[]) => Promise<unknown>

function methodOf(input: unknown, init: unknown): string {
  return readText(init, 'method') ?? readText(input, 'method') ?? 'GET'
}

/** A port's fetcher whose requests are recorded; its sockets pass through. */
export function watchFetcher(
  fetcher: unknown,
  operation: Operation,
  args: readonly unknown[],
  { instrument, sandbox }: { readonly instrument: Instrument; readonly sandbox: WatchedSandbox },
): unknown {
  if (typeof fetcher !== 'object' || fetcher === null) return fetcher
  const original: unknown = Reflect.get(fetcher, 'fetch')
  if (typeof original !== 'function') return fetcher
  const fetch = original as Fetch

  const watched = disguise(async (...request: unknown[]): Promise<unknown> => {
    const call = beginCall(instrument, sandbox.where(), operation, args)
    const method = instrument.guard(() => methodOf(request[0], request[1]))
    call.span.set({ [attr.requestMethod]: method })
    try {
      const response = await Reflect.apply(fetch, fetcher, request)
      call.span.set({ [attr.responseStatus]: instrument.guard(() => readNumber(response, 'status')) })
      endCall(instrument, call, response)
      return response
    } catch (error) {
      failCall(call, error)
      throw error
    }
  }, fetch)
  return overlay(fetcher, { fetch: () => watched })
}
