/** Rows of the two base tables as a collector would make them: promoted attributes in columns, the rest in the map, charges priced. */
import { chargesOf, type Charge } from '../charges.ts'
import { DECIMAL_DIGITS, formatDecimal } from '../money.ts'
import type { PriceBook } from '../price-book.ts'
import { event } from '../semconv.ts'
import { contextColumns } from '../tables.ts'

export type Attributes = Readonly<Record<string, unknown>>
export type Row = Readonly<Record<string, unknown>>

export interface EventFacts {
  readonly name: string
  readonly timeMs: number
  readonly tenant?: string
  readonly attributes: Attributes
  readonly resource?: Attributes
  readonly traceId?: string
  readonly spanId?: string
}

export interface SpanFacts extends EventFacts {
  readonly parentSpanId?: string
  readonly durationMs?: number
  readonly status?: 'Unset' | 'Ok' | 'Error'
  readonly links?: readonly string[]
}

const priced: ReadonlySet<string> = new Set([event.usageMeasured, event.inferenceMeasured])

/** A row of otel_logs for JSONEachRow. */
export function logRow(facts: EventFacts, book: PriceBook): Row {
  const { name, timeMs, attributes } = facts
  const none = { priceVersion: '', charges: [] }
  const { priceVersion, charges } = priced.has(name)
    ? chargesOf(name, new Map(Object.entries({ ...facts.resource, ...attributes })), timeMs, book)
    : none
  return {
    ...commonColumns(facts),
    LogAttributesRest: restOf(attributes),
    EventName: name,
    ...chargeColumns(charges),
    PriceVersion: priceVersion,
  }
}

/** A row of otel_traces for JSONEachRow. */
export function spanRow(facts: SpanFacts): Row {
  const links = facts.links ?? []
  return {
    ...commonColumns(facts),
    ParentSpanId: facts.parentSpanId ?? '',
    SpanName: facts.name,
    SpanKind: 'Internal',
    SpanAttributesRest: restOf(facts.attributes),
    Duration: (facts.durationMs ?? 0) * 1_000_000,
    StatusCode: facts.status ?? 'Unset',
    'Links.TraceId': links.map(() => facts.traceId ?? ''),
    'Links.SpanId': links,
    'Links.TraceState': links.map(() => ''),
    'Links.Attributes': links.map(() => ({})),
  }
}

function commonColumns({ timeMs, tenant, attributes, resource, traceId, spanId }: EventFacts): Row {
  return {
    Timestamp: new Date(timeMs).toISOString().replace('T', ' ').replace('Z', ''),
    TraceId: traceId ?? '',
    SpanId: spanId ?? '',
    ServiceName: 'agent-worker',
    ResourceAttributes: textsOf(resource ?? {}),
    ...Object.fromEntries(
      contextColumns.map(({ name, attribute }) => [
        name,
        attribute === undefined ? (tenant ?? 'default') : toText(attributes[attribute]),
      ]),
    ),
    IngestedAt: new Date(timeMs).toISOString().replace('T', ' ').replace('Z', ''),
  }
}

function chargeColumns(charges: readonly Charge[]): Row {
  return {
    'Charges.TaskId': charges.map(({ taskId }) => taskId),
    'Charges.Sku': charges.map(({ sku }) => sku),
    'Charges.Quantity': charges.map(({ quantity }) => formatDecimal(quantity, DECIMAL_DIGITS)),
    'Charges.Unit': charges.map(({ unit }) => unit),
    'Charges.CostUsd': charges.map(({ costUsd }) => formatDecimal(costUsd, DECIMAL_DIGITS)),
  }
}

const promoted: ReadonlySet<string> = new Set(contextColumns.flatMap(({ attribute }) => attribute ?? []))

const restOf = (attributes: Attributes): Row =>
  textsOf(Object.fromEntries(Object.entries(attributes).filter(([name]) => !promoted.has(name))))

const textsOf = (attributes: Attributes): Row =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, toText(value)]))

function toText(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
