/** Asks every worker for its metrics and makes one list of the answers. */
import type { Worker as Process } from 'node:cluster'
import { mergeFamilies } from '../telemetry/prometheus-text.ts'
import type { Family, Metrics } from '../telemetry/metrics.ts'
import type { ToWorker } from './messages.ts'

/** A worker that does not answer in this time is left out, ms. */
const ANSWER_MS_MAX = 2_000

interface Round {
  readonly answers: { readonly worker: string; readonly families: readonly Family[] }[]
  readonly asked: Set<number>
  readonly done: () => void
}

export class MetricsRound {
  readonly #processes: () => readonly Process[]
  readonly #own: Metrics
  readonly #rounds = new Map<number, Round>()
  #next = 0

  constructor(processes: () => readonly Process[], own: Metrics) {
    this.#processes = processes
    this.#own = own
  }

  async collect(): Promise<readonly Family[]> {
    const id = this.#next
    this.#next += 1
    const processes = this.#processes().filter((process) => process.isConnected())
    const { promise, resolve } = Promise.withResolvers<void>()
    const asked = new Set(processes.map((process) => process.id))
    const round: Round = { answers: [], asked, done: resolve }
    this.#rounds.set(id, round)
    const message: ToWorker = { type: 'collectMetrics', id }
    // One that just died is left out like one that does not answer.
    for (const process of processes) process.send(message, () => undefined)
    const deadline = setTimeout(resolve, ANSWER_MS_MAX)
    await promise
    clearTimeout(deadline)
    this.#rounds.delete(id)
    return mergeFamilies([...round.answers, { worker: 'primary', families: this.#own.families() }])
  }

  take(processId: number, id: number, families: readonly Family[]): void {
    const round = this.#rounds.get(id)
    if (round === undefined || !round.asked.delete(processId)) return
    const worker = this.#processes().findIndex((process) => process.id === processId)
    round.answers.push({ worker: String(worker), families })
    if (round.asked.size === 0) round.done()
  }
}
