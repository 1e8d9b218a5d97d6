import { createAuditChain } from './audit/chain.ts'
import { createSandbox } from './container/sandbox.ts'
import { clientSandbox } from './client/client-sandbox.ts'
import { wrapClient } from './client/wrap-client.ts'
import { createSandboxes } from './container/sandboxes.ts'
import { wrapContainer } from './container/wrap-container.ts'
import { wrapFiles } from './container/wrap-files.ts'
import type { WrapPorts } from './wrap/methods.ts'
import { createScopeStore, type Scope } from './context/scope.ts'
import { parseScope, serializeScope } from './context/serialized-context.ts'
import { createAccounts } from './export/accounts.ts'
import type { RecordedEvent } from './export/event-record.ts'
import { createExporter } from './export/exporter.ts'
import { FLUSH_INTERVAL_MS, QUEUE_BYTES_MAX, QUEUE_EVENTS_MAX, QUEUE_SPANS_MAX } from './export/limits.ts'
import { createQueue } from './export/queue.ts'
import { createFlusher } from './export/flusher.ts'
import { recordBytes } from './export/size.ts'
import type { Facts } from './facts.ts'
import { createDiagnostics, createGuard } from './guard.ts'
import { emitEvent, whereNow, type Instrument } from './instrument.ts'
import { withInternals } from './internals.ts'
import { createPromptHash } from './lineage/prompt-hash.ts'
import { createRunningTasks } from './lineage/running-tasks.ts'
import { createTask, runTask } from './lineage/task.ts'
import type { SandglassOptions } from './options.ts'
import { createPolicyEngine } from './policy/control.ts'
import { systemFetch } from './ports.ts'
import { safeClock, safeRandom, safeState } from './safe-ports.ts'
import { createRecorder } from './recorder.ts'
import { createBoundary } from './redact/boundary.ts'
import type { EventAttributes, Sandglass } from './sandglass.ts'
import { createSightings } from './secrets/sightings.ts'
import { createSecrets } from './secrets/broker.ts'
import { createSettling } from './settling.ts'
import { createTimeline } from './timeline.ts'
import { SAMPLED, type SpanRecord } from './span-record.ts'
import type { SpanContext } from '@opentelemetry/api'
import { createResource } from './export/resource.ts'

const SCOPE = { name: '@sandglass/sdk', version: '0.1.0' } as const

/** Builds an instrument: one for a request in a Worker, or for the life of a Durable Object. */
export function createSandglass(options: SandglassOptions): Sandglass {
  const diagnostics = createDiagnostics(options.onDiagnostic)
  const guard = createGuard(diagnostics)
  const clock = safeClock(options.clock, guard)
  const random = safeRandom(options.random, guard)
  const state = safeState(options.state, diagnostics)
  const boundary = createBoundary(options.redact)
  const accounts = createAccounts()
  const settling = createSettling(clock)
  const resource = createResource(options, boundary)
  const spans = createQueue<SpanRecord>(QUEUE_SPANS_MAX, QUEUE_BYTES_MAX, ({ facts }) => recordBytes(facts))
  const events = createQueue<RecordedEvent>(QUEUE_EVENTS_MAX, QUEUE_BYTES_MAX, ({ facts }) =>
    recordBytes(facts),
  )

  const outbox = guard(() => options.outbox?.open({ boundary, clock, random, diagnostics }))

  const chain = createAuditChain(state, random)
  const exporter = createExporter({
    spans,
    events,
    outbox,
    boundary,
    accounts,
    diagnostics,
    clock,
    resource,
    scope: SCOPE,
    chain,
    fetch: options.fetch ?? systemFetch,
    endpoint: options.endpoint,
    headers: options.headers ?? {},
    encoding: options.encoding ?? 'protobuf',
  })
  const flusher = createFlusher({
    exporter,
    settling,
    clock,
    guard,
    waiting: () => spans.length + events.length,
    intervalMs: options.flushIntervalMs ?? FLUSH_INTERVAL_MS,
    waitUntil: options.waitUntil,
  })

  function keep<T>(
    signal: 'spans' | 'events',
    queue: { push(item: T): boolean },
    onDropped?: (item: T) => void,
  ): (item: T) => void {
    return (item) => {
      accounts.add(signal, 'recorded', 1)
      if (!queue.push(item)) {
        accounts.add(signal, 'dropped', 1)
        onDropped?.(item)
        diagnostics.report('queue.full', `the queue of ${signal} is full: flush more often`)
      }
      flusher.poke()
    }
  }

  const keepEvent = keep('events', events, ({ sandboxId }) => chain.skip(sandboxId))

  function relay(): void {
    const relayed = exporter.relay()
    guard(() => options.waitUntil?.(relayed))
  }

  /** An outbox gets it at once. */
  function keepSafe(event: RecordedEvent): void {
    keepEvent(outbox?.recorded(event) ?? event)
    if (outbox?.relays === true) relay()
  }

  const instrument: Instrument = {
    guard,
    diagnostics,
    boundary,
    clock,
    random,
    settling,
    recorder: createRecorder({
      guard,
      timeline: createTimeline(clock),
      onSpan: keep('spans', spans),
      onEvent: outbox === undefined ? keepEvent : keepSafe,
    }),
    scopes: createScopeStore(),
    sandboxes: createSandboxes(),
    running: createRunningTasks(),
    sightings: createSightings(),
    state,
    content: options.content ?? {},
    promptHash: createPromptHash(options.promptHashKey, diagnostics),
    hostSpan: () => hostSpan(options),
  }
  const policy = createPolicyEngine(instrument, options.policy)
  settling.track(policy.restore())
  const wrapped = new WeakMap<object, Pick<WrapPorts, 'sandbox' | 'gate'>>()

  function portsOf(container: object): WrapPorts | undefined {
    const known = wrapped.get(container)
    return known && { instrument, policy, where: () => known.sandbox.where(), ...known }
  }

  const sandglass: Sandglass = {
    task: (spec, run) => runTask(instrument, spec, policy.version, run),
    currentTask: () => instrument.scopes.getStore()?.task,
    container(container, spec) {
      const sandbox = createSandbox(instrument, policy, container, spec)
      instrument.sandboxes.add(sandbox)
      const proxy = wrapContainer(container, {
        instrument,
        policy,
        sandbox,
        where: () => sandbox.where(),
        gate: spec.gate,
      })
      wrapped.set(proxy, { sandbox, gate: spec.gate })
      return proxy
    },
    files(files, container) {
      const ports = portsOf(container)
      return ports === undefined ? files : wrapFiles(files, ports)
    },
    client(client, spec) {
      const known = clientSandbox(client, spec, guard)
      instrument.sandboxes.add(known)
      return wrapClient(client, { instrument, policy, where: () => known.where(), gate: spec?.gate })
    },
    sandbox: (container) => wrapped.get(container)?.sandbox,
    secrets: createSecrets(instrument, policy),
    policy,
    event(name, attributes) {
      const where = whereNow(instrument)
      guard(() => emitEvent(instrument, instrument.scopes.getStore(), where, name, toFacts(attributes)))
    },
    serializeContext() {
      const scope = instrument.scopes.getStore()
      return scope && guard(() => serializeScope(scope, boundary))
    },
    withContext(serialized, run) {
      const scope =
        serialized === undefined
          ? undefined
          : guard(() =>
              parseScope(serialized, (id) => createTask(instrument, id, () => {}), createSettling(clock)),
            )
      if (scope === undefined) return run()
      return runWithin(instrument, scope, run)
    },
    flush: async () => {
      await flusher.flush()
      return accounts.read(diagnostics.internalErrors)
    },
    stats: () => accounts.read(diagnostics.internalErrors),
  }
  return withInternals(sandglass, { instrument, policy, portsOf })
}

function toFacts(attributes: EventAttributes): Facts {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  )
}

/** The task counts as running here for as long as `run` does. */
function runWithin<T>(instrument: Instrument, scope: Scope, run: () => T): T {
  const { guard, running } = instrument
  const entered = guard(() => running.enter({ id: scope.task.id, facts: scope.frame.facts }))
  const leave = (): void => guard(() => entered && running.leave(entered))
  try {
    const result = instrument.scopes.run(scope, run)
    if (result instanceof Promise) result.then(leave, leave)
    else leave()
    return result
  } catch (error) {
    leave()
    throw error
  }
}

function hostSpan({ activeSpan }: SandglassOptions): SpanContext | undefined {
  const span = activeSpan?.()
  return span && { traceId: span.traceId, spanId: span.spanId, traceFlags: SAMPLED }
}
