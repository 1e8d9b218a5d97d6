/** From a request to its data points, one after the other. */
import type { MetricKind } from '@sandglass/schemas/metric-tables'
import { attr } from '@sandglass/schemas/semconv'
import type { Attributes, TextCleaner } from './clean-text.ts'
import {
  metricSchema,
  pointSchema,
  requestSchema,
  resourceMetricsSchema,
  scopeMetricsSchema,
  type ParsedPoint,
} from './request-schema.ts'

/** What the points of one metric share. */
export interface MetricHead {
  readonly kind: MetricKind
  readonly resource: Attributes
  readonly resourceSchemaUrl: string
  readonly serviceName: string
  readonly scope: Attributes
  readonly scopeName: string
  readonly scopeVersion: string
  readonly scopeDropped: number
  readonly scopeSchemaUrl: string
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly temporality: number
  readonly monotonic: boolean
}

export interface MetricPoint {
  readonly head: MetricHead
  readonly attributes: Attributes
  readonly exemplarAttributes: readonly Attributes[]
  readonly point: ParsedPoint
}

const kinds = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential_histogram'],
  ['summary', 'summary'],
] as const

/** Calls `admit` before each point; a point that it refuses is not parsed. Throws ZodError. */
export function* readPoints(
  request: unknown,
  clean: TextCleaner,
  admit: () => boolean,
): Generator<MetricPoint> {
  for (const head of readHeads(request, clean)) {
    for (const raw of head.dataPoints) {
      if (!admit()) continue
      const point = pointSchema.parse(raw)
      const exemplarAttributes = point.exemplars.map((one) => clean.attributes(one.filteredAttributes))
      yield { head, point, exemplarAttributes, attributes: clean.attributes(point.attributes) }
    }
  }
}

function* readHeads(
  request: unknown,
  clean: TextCleaner,
): Generator<MetricHead & { readonly dataPoints: readonly unknown[] }> {
  for (const rawResource of requestSchema.parse(request).resourceMetrics) {
    const { resource, scopeMetrics, schemaUrl } = resourceMetricsSchema.parse(rawResource)
    const attributes = clean.attributes(resource.attributes)
    for (const rawScope of scopeMetrics) {
      const scoped = scopeMetricsSchema.parse(rawScope)
      const shared = {
        resource: attributes,
        resourceSchemaUrl: clean.text(schemaUrl),
        serviceName: attributes.get(attr.serviceName) ?? '',
        scope: clean.attributes(scoped.scope.attributes),
        scopeName: clean.text(scoped.scope.name),
        scopeVersion: clean.text(scoped.scope.version),
        scopeDropped: scoped.scope.droppedAttributesCount,
        scopeSchemaUrl: clean.text(scoped.schemaUrl),
      }
      for (const rawMetric of scoped.metrics) yield* readMetric(rawMetric, shared, clean)
    }
  }
}

type Shared = Omit<MetricHead, 'kind' | 'name' | 'description' | 'unit' | 'temporality' | 'monotonic'>

function* readMetric(
  raw: unknown,
  shared: Shared,
  clean: TextCleaner,
): Generator<MetricHead & { readonly dataPoints: readonly unknown[] }> {
  const metric = metricSchema.parse(raw)
  for (const [field, kind] of kinds) {
    const data = metric[field]
    if (data === undefined) continue
    const { dataPoints, aggregationTemporality: temporality, isMonotonic: monotonic } = data
    const [name, description, unit] = [
      clean.text(metric.name),
      clean.text(metric.description),
      clean.text(metric.unit),
    ]
    yield { ...shared, kind, name, description, unit, temporality, monotonic, dataPoints }
    return
  }
}
