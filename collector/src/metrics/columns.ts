/** How a data point becomes the columns of otel_metrics, as data: one line per column. */
import type { WireType } from '@sandglass/schemas/tables'
import { appendByte, appendOffset, appendUtf8 } from '../transcode/append.ts'
import { ByteStream } from '../transcode/byte-stream.ts'
import type { Attributes } from './clean-text.ts'
import type { MetricPoint } from './read-points.ts'

export interface PointColumn {
  readonly name: string
  readonly wire: WireType
  /** In the order Native wants them. */
  readonly streams: readonly ByteStream[]
  append(point: MetricPoint, timeNs: bigint): void
}

type Put<Value> = (target: ByteStream, value: Value) => void

const putDouble: Put<number> = (target, value) => {
  target.reserve(8)
  target.view.setFloat64(target.length, value, true)
  target.length += 8
}
const putWord: Put<bigint> = (target, value) => {
  target.reserve(8)
  target.view.setBigUint64(target.length, BigInt.asUintN(64, value), true)
  target.length += 8
}
const putInt32: Put<number> = (target, value) => {
  target.reserve(4)
  target.view.setInt32(target.length, value | 0, true)
  target.length += 4
}

const scalar =
  <Value>(wire: WireType, put: Put<Value>) =>
  (name: string, of: (point: MetricPoint, timeNs: bigint) => Value): PointColumn => {
    const stream = new ByteStream()
    return { name, wire, streams: [stream], append: (point, timeNs) => put(stream, of(point, timeNs)) }
  }

const array =
  <Value>(wire: WireType, put: Put<Value>) =>
  (name: string, of: (point: MetricPoint) => readonly Value[]): PointColumn => {
    const [offsets, values] = [new ByteStream(), new ByteStream()]
    const append = (point: MetricPoint): void => {
      const list = of(point)
      appendOffset(offsets, list.length)
      for (const value of list) put(values, value)
    }
    return { name, wire, streams: [offsets, values], append }
  }

interface MapStreams {
  readonly offsets: ByteStream
  readonly keys: ByteStream
  readonly values: ByteStream
}

function putMap({ offsets, keys, values }: MapStreams, map: Attributes): void {
  appendOffset(offsets, map.size)
  for (const [key, value] of map) {
    appendUtf8(keys, key)
    appendUtf8(values, value)
  }
}

const createMap = (): MapStreams => ({
  offsets: new ByteStream(),
  keys: new ByteStream(),
  values: new ByteStream(),
})

function map(name: string, of: (point: MetricPoint) => Attributes): PointColumn {
  const into = createMap()
  const streams = [into.offsets, into.keys, into.values]
  return { name, wire: 'Map(String, String)', streams, append: (point) => putMap(into, of(point)) }
}

function maps(name: string, of: (point: MetricPoint) => readonly Attributes[]): PointColumn {
  const [offsets, into] = [new ByteStream(), createMap()]
  const append = (point: MetricPoint): void => {
    const list = of(point)
    appendOffset(offsets, list.length)
    for (const one of list) putMap(into, one)
  }
  const streams = [offsets, into.offsets, into.keys, into.values]
  return { name, wire: 'Array(Map(String, String))', streams, append }
}

const text = scalar('String', appendUtf8)
const double = scalar('Float64', putDouble)
const uint64 = scalar('UInt64', putWord)
const time = scalar('DateTime64(9)', putWord)
const int32 = scalar('Int32', putInt32)
const uint32 = scalar('UInt32', putInt32)
const bool = scalar<boolean>('Bool', (target, value) => appendByte(target, value ? 1 : 0))
const doubles = array('Array(Float64)', putDouble)
const words = array('Array(UInt64)', putWord)
const times = array('Array(DateTime64(9))', putWord)
const texts = array('Array(String)', appendUtf8)

const valueOf = ({
  asDouble,
  asInt,
}: {
  asDouble?: number | undefined
  asInt?: bigint | undefined
}): number => asDouble ?? Number(asInt ?? 0n)

const TIME_NS_MAX = 2n ** 63n - 1n
const bounded = (ns: bigint): bigint => (ns > TIME_NS_MAX ? TIME_NS_MAX : ns)

/** Trace and span ids of exemplars; what is no id, or all zero, is none. */
const idOf = (id: string, digits: number): string => {
  const isId = id.length === digits && /^[0-9a-f]+$/i.test(id) && !/^0+$/.test(id)
  return isId ? id.toLowerCase() : ''
}

export const createColumns = (tenantId: () => string): readonly PointColumn[] => [
  text('Kind', ({ head }) => head.kind),
  text('TenantId', tenantId),
  map('ResourceAttributes', ({ head }) => head.resource),
  text('ResourceSchemaUrl', ({ head }) => head.resourceSchemaUrl),
  text('ScopeName', ({ head }) => head.scopeName),
  text('ScopeVersion', ({ head }) => head.scopeVersion),
  map('ScopeAttributes', ({ head }) => head.scope),
  uint32('ScopeDroppedAttrCount', ({ head }) => head.scopeDropped),
  text('ScopeSchemaUrl', ({ head }) => head.scopeSchemaUrl),
  text('ServiceName', ({ head }) => head.serviceName),
  text('MetricName', ({ head }) => head.name),
  text('MetricDescription', ({ head }) => head.description),
  text('MetricUnit', ({ head }) => head.unit),
  map('Attributes', ({ attributes }) => attributes),
  time('StartTimeUnix', ({ point }) => bounded(point.startTimeUnixNano)),
  time('TimeUnix', (_, timeNs) => timeNs),
  double('Value', ({ point }) => valueOf(point)),
  uint32('Flags', ({ point }) => point.flags),
  uint64('Count', ({ point }) => point.count),
  double('Sum', ({ point }) => point.sum),
  double('Min', ({ point }) => point.min),
  double('Max', ({ point }) => point.max),
  words('BucketCounts', ({ point }) => point.bucketCounts),
  doubles('ExplicitBounds', ({ point }) => point.explicitBounds),
  int32('Scale', ({ point }) => point.scale),
  uint64('ZeroCount', ({ point }) => point.zeroCount),
  int32('PositiveOffset', ({ point }) => point.positive.offset),
  words('PositiveBucketCounts', ({ point }) => point.positive.bucketCounts),
  int32('NegativeOffset', ({ point }) => point.negative.offset),
  words('NegativeBucketCounts', ({ point }) => point.negative.bucketCounts),
  doubles('ValueAtQuantiles.Quantile', ({ point }) => point.quantileValues.map(({ quantile }) => quantile)),
  doubles('ValueAtQuantiles.Value', ({ point }) => point.quantileValues.map(({ value }) => value)),
  maps('Exemplars.FilteredAttributes', ({ exemplarAttributes }) => exemplarAttributes),
  times('Exemplars.TimeUnix', ({ point }) => point.exemplars.map((one) => bounded(one.timeUnixNano))),
  doubles('Exemplars.Value', ({ point }) => point.exemplars.map(valueOf)),
  texts('Exemplars.SpanId', ({ point }) => point.exemplars.map(({ spanId }) => idOf(spanId, 16))),
  texts('Exemplars.TraceId', ({ point }) => point.exemplars.map(({ traceId }) => idOf(traceId, 32))),
  int32('AggregationTemporality', ({ head }) => head.temporality),
  bool('IsMonotonic', ({ head }) => head.monotonic),
]
