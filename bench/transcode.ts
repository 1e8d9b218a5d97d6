/** Micro benchmark of the transcoder alone: bodies in memory to Native blocks in memory, one thread. */
import { createTranscoder } from '../collector/src/transcode/transcoder.ts'
import { toJson } from './payload-json.ts'
import { toProtobuf } from './payload-protobuf.ts'
import { requests, type RequestModel } from './payload.ts'

const BODIES = 192
const SPANS_PER_REQUEST = 512
const ROUNDS_WARM = 2
const ROUNDS_MEASURED = 6
/** Size at which the collector's group commit takes the open block, bytes. */
const TAKE_BYTES = 4 * 1024 * 1024

interface Measured {
  readonly spansPerSecond: number
  readonly spansPerCpuSecond: number
  readonly nativeBytesPerSpan: number
}

const startMs = Date.now() - 60_000
const generated = take(requests({ seed: 1, spansPerRequest: SPANS_PER_REQUEST, startMs }), BODIES)
const bodies = generated.map(toProtobuf)
const jsonBodies = generated.map(toJson)

const protobuf = measure('protobuf', bodies)
const json = measure('json', jsonBodies)
console.log(
  JSON.stringify({
    spansPerSecond: protobuf.spansPerSecond,
    spansPerCpuSecond: protobuf.spansPerCpuSecond,
    jsonSpansPerSecond: json.spansPerSecond,
    jsonSpansPerCpuSecond: json.spansPerCpuSecond,
    bytesPerSpan: bytesPerSpan(bodies),
    jsonBytesPerSpan: bytesPerSpan(jsonBodies),
    nativeBytesPerSpan: protobuf.nativeBytesPerSpan,
  }),
)

function measure(encoding: 'protobuf' | 'json', input: readonly Uint8Array[]): Measured {
  const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
  const round = (): number => {
    let bytes = 0
    for (const body of input) {
      transcoder.append('traces', encoding, body, { tenantId: 'bench', receivedAtMs: startMs })
      if (transcoder.openBytes('otel_traces') < TAKE_BYTES) continue
      bytes += transcoder.take('otel_traces')?.bytes.length ?? 0
    }
    return bytes + (transcoder.take('otel_traces')?.bytes.length ?? 0)
  }
  for (let i = 0; i < ROUNDS_WARM; i++) round()
  const spans = input.length * SPANS_PER_REQUEST
  const times = Array.from({ length: ROUNDS_MEASURED }, () => {
    const cpu = process.cpuUsage()
    const start = performance.now()
    const bytes = round()
    const used = process.cpuUsage(cpu)
    return { seconds: (performance.now() - start) / 1000, cpuSeconds: (used.user + used.system) / 1e6, bytes }
  })
  const best = times.reduce((left, right) => (right.seconds < left.seconds ? right : left))
  return {
    spansPerSecond: Math.round(spans / best.seconds),
    spansPerCpuSecond: Math.round(spans / best.cpuSeconds),
    nativeBytesPerSpan: Math.round(best.bytes / spans),
  }
}

function bytesPerSpan(input: readonly Uint8Array[]): number {
  const bytes = input.reduce((sum, body) => sum + body.length, 0)
  return Math.round(bytes / (input.length * SPANS_PER_REQUEST))
}

function take(source: Generator<RequestModel, never>, count: number): RequestModel[] {
  return Array.from({ length: count }, () => source.next().value)
}
