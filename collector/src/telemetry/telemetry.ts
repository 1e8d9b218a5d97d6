/** One call tells, counts and writes an internal event. Log lines are JSON. */
import type { Clock } from '../clock.ts'
import { eventFacts, type EventFact, type InternalEvent, type InternalEvents } from './event-facts.ts'
import { Metrics } from './metrics.ts'

/** One kind of event is written at most once in this time, ms; the line says how many were left out. */
const LINE_INTERVAL_MS = 1_000

export interface TelemetryOptions {
  readonly clock: Clock
  /** Takes one line, without its line break. */
  readonly log: (line: string) => void
  /** Fields of every line, such as the worker. */
  readonly context?: Readonly<Record<string, string | number>>
}

export class Telemetry {
  readonly metrics = new Metrics()
  readonly #options: TelemetryOptions
  readonly #written = new Map<InternalEvent, { atMs: number; leftOut: number }>()

  constructor(options: TelemetryOptions) {
    this.#options = options
  }

  emit<E extends InternalEvent>(event: E, fields: InternalEvents[E]): void {
    const fact = eventFacts[event]
    this.#count(fact, fields)
    if (fact.level === 'debug') return
    const line = this.#written.get(event) ?? { atMs: -Infinity, leftOut: 0 }
    this.#written.set(event, line)
    const nowMs = this.#options.clock.nowMs()
    if (fact.level !== 'info' && nowMs - line.atMs < LINE_INTERVAL_MS) {
      line.leftOut += 1
      return
    }
    this.#write(fact, event, fields, nowMs, line.leftOut)
    line.atMs = nowMs
    line.leftOut = 0
  }

  #count<E extends InternalEvent>({ counts }: EventFact<E>, fields: InternalEvents[E]): void {
    if (counts === undefined) return
    const value = counts.by === undefined ? 1 : Number(fields[counts.by])
    this.metrics.add(counts.metric, value, ...counts.labels.map((label) => String(fields[label])))
  }

  #write<E extends InternalEvent>(
    { level, says }: EventFact<E>,
    event: E,
    fields: InternalEvents[E],
    nowMs: number,
    leftOut: number,
  ): void {
    const head = { time: new Date(nowMs).toISOString(), level, event, says, ...this.#options.context }
    const line = { ...head, ...fields, ...(leftOut > 0 ? { leftOut } : {}) }
    this.#options.log(JSON.stringify(line))
  }
}
