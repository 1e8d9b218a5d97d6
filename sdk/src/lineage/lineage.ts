import { formatTraceparent } from '../context/trace-context.ts'
import { NO_FACTS } from '../facts.ts'
import { internalsOf } from '../internals.ts'
import type { Sandglass } from '../sandglass.ts'
import { whereNow, type Instrument } from '../instrument.ts'
import { isPlaced, noPrompt, noTool, type Lineage, type OpenCall, type ToolSpec } from './open-call.ts'
import { beginPrompt } from './prompt.ts'
import { beginTool } from './tool.ts'

/** Prompts and tool calls begun and ended by hand, on the instrument that `createSandglass` made. */
export function lineageOf(sandglass: Sandglass): Lineage {
  const { instrument } = internalsOf(sandglass)
  const { boundary, guard, scopes } = instrument
  return {
    beginPrompt: (spec) => guard(() => beginPrompt(instrument, spec())) ?? noPrompt,
    beginTool: (spec) => guard(() => begin(instrument, spec())) ?? noTool,
    attributes: () =>
      guard(() => ({
        ...boundary.shared(scopes.getStore()?.frame.facts ?? NO_FACTS),
        ...boundary.shared(whereNow(instrument).facts),
      })) ?? {},
    traceparent() {
      const span = scopes.getStore()?.span ?? guard(instrument.hostSpan)
      return span && formatTraceparent(span)
    },
    follow(current) {
      scopes.follow((entered) => {
        const call: OpenCall | undefined = guard(current)
        if (call === undefined || !isPlaced(call)) return undefined
        return call.place.entered === entered ? call.place.scope : undefined
      })
    },
  }
}

const begin = (instrument: Instrument, { name, args, ...options }: ToolSpec): ReturnType<typeof beginTool> =>
  beginTool(instrument, { name, args, options })
