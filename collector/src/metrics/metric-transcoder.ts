/** OTLP metrics in, Native blocks of otel_metrics out. */
import { metricsColumns } from '@sandglass/schemas/metric-tables'
import { ZodError } from 'zod'
import { DecodeError } from '../otlp/decode-error.ts'
import type { Accepted } from '../transcode/accepted.ts'
import { zeroCounts, type TranscodeCounts } from '../transcode/counts.ts'
import { defaultLimits, type TranscodeLimits } from '../transcode/limits.ts'
import { TableBlock } from '../transcode/table-block.ts'
import type { Encoding, NativeBlock, RequestContext } from '../transcode/transcoder.ts'
import { TextCleaner } from './clean-text.ts'
import { createColumns } from './columns.ts'
import { decodeRequest } from './decode-request.ts'
import { readPoints } from './read-points.ts'

/** Data points of one request; further ones are rejected. */
const POINTS_MAX = 65_536
const NS_PER_MS = 1_000_000n

export class MetricTranscoder {
  readonly counts: TranscodeCounts = zeroCounts()
  readonly #limits: TranscodeLimits
  readonly #clean: TextCleaner
  #tenantId = ''
  readonly #columns = createColumns(() => this.#tenantId)
  readonly #block = new TableBlock(
    metricsColumns,
    Object.fromEntries(this.#columns.map(({ name, streams }) => [name, streams])),
  )

  constructor(limits: Partial<TranscodeLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits }
    this.#clean = new TextCleaner(this.#limits, this.counts)
  }

  /** Appends the points of one request to the open block: all of it or, on a DecodeError or Refusal, nothing. */
  append(encoding: Encoding, body: Uint8Array, context: RequestContext): Accepted {
    const request = decodeRequest(encoding, body)
    const before = { ...this.counts }
    this.#tenantId = context.tenantId
    this.#block.mark()
    try {
      return this.#appendPoints(request, context.receivedAtMs)
    } catch (error) {
      this.#block.rollBack()
      Object.assign(this.counts, before)
      if (!(error instanceof ZodError)) throw error
      const [issue] = error.issues
      throw new DecodeError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}; stopped`, 0)
    }
  }

  get openBytes(): number {
    return this.#block.bytes
  }

  take(): NativeBlock | undefined {
    const { rows } = this.#block
    return rows === 0 ? undefined : { bytes: this.#block.take(), rows }
  }

  #appendPoints(request: unknown, receivedAtMs: number): Accepted {
    const { outputBytesMax } = this.#limits
    let [rows, rejected] = [0, 0]
    const admit = (): boolean => {
      const fits = rows < POINTS_MAX && this.#block.bytesSinceMark() <= outputBytesMax
      if (!fits) rejected++
      return fits
    }
    for (const point of readPoints(request, this.#clean, admit)) {
      const timeNs = this.#clamp(point.point.timeUnixNano, receivedAtMs)
      for (const column of this.#columns) column.append(point, timeNs)
      this.#block.rows++
      rows++
    }
    const reason = `more than ${POINTS_MAX} data points, or ${outputBytesMax} bytes once stored, in one request`
    return rejected === 0 ? { rows, rejected } : { rows, rejected, reason }
  }

  /** A missing time is when the request came; one outside of the retention is clamped. */
  #clamp(timeNs: bigint, receivedAtMs: number): bigint {
    const ns = (ms: number): bigint => BigInt(Math.trunc(ms)) * NS_PER_MS
    const [least, most] = [
      ns(receivedAtMs - this.#limits.retentionMs),
      ns(receivedAtMs + this.#limits.aheadMsMax),
    ]
    if (timeNs >= least && timeNs <= most) return timeNs
    this.counts.timestampsClamped++
    if (timeNs === 0n) return ns(receivedAtMs)
    return timeNs < least ? least : most
  }
}
