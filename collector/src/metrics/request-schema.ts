/** The shape of an ExportMetricsServiceRequest, the same for both encodings. Each level is parsed when it is reached. */
import { z } from 'zod'

const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Both spellings of names are known; null is absent. */
function tidyNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const present = Object.entries(value).filter(([, field]) => field !== null)
  return Object.fromEntries(present.map(([name, field]) => [camelCase(name), field]))
}

const message = <Shape extends z.ZodRawShape>(shape: Shape) => z.preprocess(tidyNames, z.object(shape))

const integer = (least: bigint, most: bigint) =>
  z
    .union([z.string().regex(/^-?\d{1,20}$/), z.number().refine(Number.isInteger), z.bigint()])
    .transform(BigInt)
    .refine((value) => value >= least && value <= most, 'a number of more than 64 bits')

const uint64 = integer(0n, 2n ** 64n - 1n)
const int64 = integer(-(2n ** 63n), 2n ** 63n - 1n)
const int32 = z.int32()
const uint32 = z.uint32()
/** NaN and the infinities are strings in JSON, and numbers in protobuf. */
const double = z
  .union([
    z.custom<number>((value) => typeof value === 'number'),
    z.bigint(),
    z.string().regex(/^(NaN|-?Infinity|-?\d[\d.eE+-]*)$/),
  ])
  .transform(Number)

const text = z.string().default('')
const list = z.array(z.unknown()).default([])
const numbers = z.array(double).default([])
const counts = z.array(uint64).default([])

export const keyValueSchema = message({ key: text, value: z.unknown() })
export const requestSchema = message({ resourceMetrics: list })
export const resourceMetricsSchema = message({
  resource: message({ attributes: list }).default({ attributes: [] }),
  scopeMetrics: list,
  schemaUrl: text,
})

const noScope = { name: '', version: '', attributes: [], droppedAttributesCount: 0 }
export const scopeMetricsSchema = message({
  scope: message({
    name: text,
    version: text,
    attributes: list,
    droppedAttributesCount: uint32.default(0),
  }).default(noScope),
  metrics: list,
  schemaUrl: text,
})

const temporality = z
  .union([
    int32,
    z
      .enum([
        'AGGREGATION_TEMPORALITY_UNSPECIFIED',
        'AGGREGATION_TEMPORALITY_DELTA',
        'AGGREGATION_TEMPORALITY_CUMULATIVE',
      ])
      .transform(
        (name) =>
          ({ UNSPECIFIED: 0, DELTA: 1, CUMULATIVE: 2 })[name.slice('AGGREGATION_TEMPORALITY_'.length)] ?? 0,
      ),
  ])
  .default(0)

const points = message({
  dataPoints: list,
  aggregationTemporality: temporality,
  isMonotonic: z.boolean().default(false),
})

export const metricSchema = message({
  name: text,
  description: text,
  unit: text,
  gauge: points.optional(),
  sum: points.optional(),
  histogram: points.optional(),
  exponentialHistogram: points.optional(),
  summary: points.optional(),
})

const noBuckets = { offset: 0, bucketCounts: [] }
const buckets = message({ offset: int32.default(0), bucketCounts: counts }).default(noBuckets)
const number = { asDouble: double.optional(), asInt: int64.optional(), timeUnixNano: uint64.default(0n) }
const exemplar = message({ ...number, filteredAttributes: list, spanId: text, traceId: text })

/** A data point of any kind; what its kind does not have is 0 or empty. */
export const pointSchema = message({
  ...number,
  attributes: list,
  startTimeUnixNano: uint64.default(0n),
  flags: uint32.default(0),
  count: uint64.default(0n),
  sum: double.default(0),
  min: double.default(0),
  max: double.default(0),
  bucketCounts: counts,
  explicitBounds: numbers,
  scale: int32.default(0),
  zeroCount: uint64.default(0n),
  positive: buckets,
  negative: buckets,
  quantileValues: z.array(message({ quantile: double.default(0), value: double.default(0) })).default([]),
  exemplars: z.array(exemplar).default([]),
})

export type ParsedPoint = z.infer<typeof pointSchema>

export const valueSchema = message({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: int64.optional(),
  doubleValue: double.optional(),
  arrayValue: message({ values: list }).optional(),
  kvlistValue: message({ values: list }).optional(),
  bytesValue: z.base64().optional(),
})
