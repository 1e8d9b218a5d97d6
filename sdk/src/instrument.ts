import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { EventName } from '@sandglass/schemas/semconv'
import type { Scope, ScopeStore } from './context/scope.ts'
import { NO_FACTS, type Facts } from './facts.ts'
import type { Diagnostics, Guard } from './guard.ts'
import type { ContentOptions } from './options.ts'
import type { Clock, RandomHex, StateStore } from './ports.ts'
import type { Recorder } from './recorder.ts'
import type { OpenSpan, SpanStart } from './span-record.ts'
import type { Boundary } from './redact/boundary.ts'
import type { PromptHash } from './lineage/prompt-hash.ts'
import type { RunningTasks } from './lineage/running-tasks.ts'
import type { Sightings } from './secrets/sightings.ts'
import type { Settling } from './settling.ts'
import type { Sandboxes } from './container/sandboxes.ts'

/** What every part of the SDK works with: built once by createSandglass. */
export interface Instrument {
  readonly guard: Guard
  readonly diagnostics: Diagnostics
  readonly recorder: Recorder
  readonly scopes: ScopeStore
  readonly sandboxes: Sandboxes
  readonly running: RunningTasks
  readonly settling: Settling
  readonly boundary: Boundary
  readonly sightings: Sightings
  readonly clock: Clock
  readonly random: RandomHex
  readonly state: StateStore | undefined
  readonly content: ContentOptions
  readonly promptHash: PromptHash
  /** The active span of the host, when it has one. */
  readonly hostSpan: () => SpanContext | undefined
}

/** Where something happened, beside the task it belongs to. */
export interface Where {
  readonly sandboxId: string
  readonly facts: Facts
}

export const NOWHERE: Where = { sandboxId: '', facts: NO_FACTS }

/** Where something happens that names no sandbox: in the only one there is. */
export function whereNow(instrument: Instrument): Where {
  return instrument.sandboxes.only()?.where() ?? NOWHERE
}

/** Opens a span in `scope` with its context and the sandbox's. */
export function openSpan(
  instrument: Instrument,
  scope: Scope | undefined,
  where: Where,
  start: Omit<SpanStart, 'parent' | 'context' | 'where'>,
): OpenSpan {
  return instrument.recorder.open({
    name: start.name,
    kind: start.kind,
    link: start.link,
    facts: start.facts,
    context: scope?.frame.facts ?? NO_FACTS,
    where: where.facts,
    parent: scope?.span ?? instrument.guard(instrument.hostSpan),
  })
}

/** Records an event in `scope`. */
export function emitEvent(
  instrument: Instrument,
  scope: Scope | undefined,
  where: Where,
  name: EventName,
  facts: Facts,
  at?: HrTime,
): void {
  const context = scope?.frame.facts ?? NO_FACTS
  const { sandboxId } = where
  instrument.recorder.emit({ name, context, where: where.facts, facts, span: scope?.span, sandboxId }, at)
}
