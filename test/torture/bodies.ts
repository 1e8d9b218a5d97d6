/** Export requests whose records can be counted: each carries the name of its batch and its number in it. */
import { encodeEvents, encodeSpans, renderEventsJson, renderSpansJson } from '@sandglass/collector/testing'
import { attr, event } from '@sandglass/schemas/semconv'

export type Signal = 'traces' | 'logs' | 'metrics'

export interface Batch {
  /** Twelve hexadecimal digits. */
  readonly name: string
  readonly count: number
}

interface Body {
  readonly signal: Signal
  readonly contentType: string
  readonly write: (batch: Batch) => Buffer
}

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

/** What clients send: client n sends the kind n modulo their number. */
export const bodies: readonly Body[] = [
  { signal: 'traces', contentType: PROTOBUF, write: (batch) => encodeSpans(spansOf(batch)) },
  { signal: 'logs', contentType: PROTOBUF, write: (batch) => encodeEvents(usageOf(batch)) },
  { signal: 'metrics', contentType: JSON_TYPE, write: (batch) => Buffer.from(JSON.stringify(sumOf(batch))) },
  {
    signal: 'traces',
    contentType: JSON_TYPE,
    write: (batch) => Buffer.from(renderSpansJson(spansOf(batch))),
  },
  { signal: 'logs', contentType: JSON_TYPE, write: (batch) => Buffer.from(renderEventsJson(usageOf(batch))) },
]

export const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

const numbered = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

/** Span ids are the batch's name and the number of the span. */
const spansOf = ({ name, count }: Batch): Parameters<typeof encodeSpans>[0] =>
  numbered(count, (i) => ({
    traceId: `${name}${hex(i, 4)}`.padStart(32, '0'),
    spanId: `${name}${hex(i, 4)}`,
    name: 'execute_tool bash',
    startMs: Date.now(),
    attributes: { [attr.taskId]: name, [attr.teamId]: `team-${count % 5}`, [attr.toolName]: 'bash' },
  }))

const INTERVAL_MS = 1_000

/** Each is one second of one sandbox: its sequence is the number of the record. */
const usageOf = ({ name, count }: Batch): Parameters<typeof encodeEvents>[0] =>
  numbered(count, (i) => ({
    eventName: event.usageMeasured,
    timeMs: Date.now(),
    attributes: {
      [attr.sandboxId]: name,
      [attr.sandboxGeneration]: '1',
      [attr.usageSequence]: String(i),
      [attr.usageStart]: String(Date.now() - INTERVAL_MS),
      [attr.usageEnd]: String(Date.now()),
      [attr.usageQuality]: 'measured',
      [attr.instanceType]: 'standard-1',
      [attr.cpuTime]: '0.123456789',
      [attr.taskId]: name,
      [attr.teamId]: `team-${count % 5}`,
    },
  }))

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })

const sumOf = ({ name, count }: Batch): object => {
  const dataPoints = numbered(count, (i) => ({
    asInt: '1',
    timeUnixNano: `${Date.now()}000000`,
    attributes: [text('batch', name), text('record', String(i))],
  }))
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints }
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'records', sum }] }] }] }
}
