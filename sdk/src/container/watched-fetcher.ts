import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { Instrument } from '../instrument.ts'
import type { Operation } from '../operations/operation.ts'
import { readNumber, readText } from '../operations/read.ts'
import { beginCall, endCall, failCall } from '../wrap/call.ts'
import { disguise, overlay } from '../wrap/overlay.ts'
import type { WatchedSandbox } from './sandbox.ts'

function methodOf(input: unknown, init: unknown): string {
  return readText(init, 'method') ?? readText(input, 'method') ?? 'GET'
}

/** A port's fetcher whose requests are recorded; its sockets pass through. */
export function watchFetcher(
  fetcher: unknown,
  operation: Operation,
  facts: Facts,
  { instrument, sandbox }: { readonly instrument: Instrument; readonly sandbox: WatchedSandbox },
): unknown {
  if (typeof fetcher !== 'object' || fetcher === null) return fetcher
  const fetch: unknown = Reflect.get(fetcher, 'fetch')
  if (typeof fetch !== 'function') return fetcher

  async function request(args: unknown[]): Promise<unknown> {
    const call = beginCall(instrument, sandbox.where(), operation, facts)
    call.span.set({ [attr.requestMethod]: instrument.guard(() => methodOf(args[0], args[1])) })
    try {
      const response: unknown = await Reflect.apply(fetch as () => unknown, fetcher, args)
      call.span.set({ [attr.responseStatus]: instrument.guard(() => readNumber(response, 'status')) })
      endCall(instrument, call, response)
      return response
    } catch (error) {
      failCall(call, error)
      throw error
    }
  }

  const watched = disguise((...args: unknown[]): Promise<unknown> => request(args), fetch)
  return overlay(fetcher, { fetch: () => watched })
}
