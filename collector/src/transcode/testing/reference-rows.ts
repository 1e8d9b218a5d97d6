/** The rows a request must become, written for the eye: one object per record, no bytes, nothing reused. */
import { attr, event } from '@sandglass/schemas/semconv'
import type { SandboxContext } from '../../enrich/sandbox-context.ts'
import type {
  KeyValueJson,
  LogRecordJson,
  LogsJson,
  ResourceJson,
  ScopeJson,
  SpanJson,
  TracesJson,
} from '../../otlp/testing/otlp-json.ts'
import type { TranscodeLimits } from '../limits.ts'
import type { Row } from './read-block.ts'
import {
  completedInstance,
  contextOf,
  type Entry,
  mapEntries,
  serviceNameOf,
  type SplitAttributes,
  splitAttributes,
} from './reference-attributes.ts'
import { type Cuts, storedRendered, storedText } from './reference-text.ts'
import { valueText } from './reference-value.ts'

export interface ReferenceOptions {
  readonly tenantId: string
  readonly receivedAtMs: number
  readonly limits: TranscodeLimits
  readonly findSandbox: (id: string) => SandboxContext | undefined
}

const NS_PER_MS = 1_000_000n
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const STATUSES = ['Unset', 'Ok', 'Error']
const NO_CHARGES = {
  'Charges.TaskId': [],
  'Charges.Sku': [],
  'Charges.Quantity': [],
  'Charges.Unit': [],
  'Charges.CostUsd': [],
  PriceVersion: '',
}
const PRICED = new Set<string>([event.usageMeasured, event.inferenceMeasured])

export function referenceTraces(request: TracesJson, options: ReferenceOptions): Row[] {
  return (request.resourceSpans ?? []).flatMap(({ resource = {}, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope = {}, spans = [] }) =>
      spans
        .filter((span) => hasGoodIds(span, options.limits))
        .map((span) => spanRow(resource, scope, span, options)),
    ),
  )
}

export function referenceLogs(request: LogsJson, options: ReferenceOptions): Row[] {
  const { limits } = options
  const url = (text: string): string => storedText(text, limits.textBytesMax, { count: 0 })
  return (request.resourceLogs ?? []).flatMap(({ resource = {}, schemaUrl = '', scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope = {}, schemaUrl: scopeUrl = '', logRecords = [] }) =>
      logRecords
        .filter((record) => hasGoodIds(record, limits))
        .map((record) => ({
          ...logRow(resource, scope, record, options),
          ResourceSchemaUrl: url(schemaUrl),
          ScopeSchemaUrl: url(scopeUrl),
        })),
    ),
  )
}

/** Records with an id of a wrong length are rejected; so are spans with such a link among those kept. */
function hasGoodIds(record: SpanJson, { eventsMax }: TranscodeLimits): boolean {
  const good = (id: string | undefined, digits: number): boolean => !id || id.length === digits
  const links = (record.links ?? []).slice(0, eventsMax)
  const ownIds = good(record.traceId, 32) && good(record.spanId, 16) && good(record.parentSpanId, 16)
  return ownIds && links.every((link) => good(link.traceId, 32) && good(link.spanId, 16))
}

function spanRow(resource: ResourceJson, scope: ScopeJson, span: SpanJson, options: ReferenceOptions): Row {
  const { limits } = options
  const cuts: Cuts = { count: 0 }
  const text = (value = ''): string => storedText(value, limits.textBytesMax, cuts)
  const nested = (attributes: readonly KeyValueJson[] | undefined): Entry[] =>
    mapEntries(attributes, limits, cuts)
  const [start, end] = [BigInt(span.startTimeUnixNano ?? 0), BigInt(span.endTimeUnixNano ?? 0)]
  const events = firstOf(span.events, limits.eventsMax, cuts)
  const links = firstOf(span.links, limits.eventsMax, cuts)
  const row = {
    Timestamp: storedTime(start, options),
    TraceId: storedId(span.traceId),
    SpanId: storedId(span.spanId),
    ParentSpanId: storedId(span.parentSpanId),
    TraceState: text(span.traceState),
    SpanName: text(span.name),
    SpanKind: KINDS[span.kind ?? 0] ?? '',
    Duration: start === 0n || end < start ? 0n : end - start,
    StatusCode: STATUSES[span.status?.code ?? 0] ?? '',
    StatusMessage: text(span.status?.message),
    'Events.Timestamp': events.map((entry) => BigInt(entry.timeUnixNano ?? 0) & 0x7fff_ffff_ffff_ffffn),
    'Events.Name': events.map((entry) => text(entry.name)),
    'Events.Attributes': events.map((entry) => nested(entry.attributes)),
    'Links.TraceId': links.map((link) => storedId(link.traceId)),
    'Links.SpanId': links.map((link) => storedId(link.spanId)),
    'Links.TraceState': links.map((link) => text(link.traceState)),
    'Links.Attributes': links.map((link) => nested(link.attributes)),
  }
  const own = splitAttributes(span.attributes, limits, cuts)
  return {
    ...row,
    ...commonColumns(resource, scope, own, options, { map: 'SpanAttributesRest', cuts, withoutTask: false }),
  }
}

function logRow(
  resource: ResourceJson,
  scope: ScopeJson,
  record: LogRecordJson,
  options: ReferenceOptions,
): Row {
  const { limits } = options
  const cuts: Cuts = { count: 0 }
  const text = (value = ''): string => storedText(value, limits.textBytesMax, cuts)
  const time = BigInt(record.timeUnixNano ?? 0) || BigInt(record.observedTimeUnixNano ?? 0)
  const row = {
    Timestamp: storedTime(time, options),
    TraceId: storedId(record.traceId),
    SpanId: storedId(record.spanId),
    TraceFlags: (record.flags ?? 0) & 0xff,
    SeverityText: text(record.severityText),
    SeverityNumber: (record.severityNumber ?? 0) & 0xff,
    Body: bodyText(record, limits, cuts),
    EventName: text(record.eventName),
    ...NO_CHARGES,
  }
  const own = splitAttributes(record.attributes, limits, cuts)
  const scopeCuts: Cuts = { count: 0 }
  const scopeAttributes = mapEntries(scope.attributes, limits, scopeCuts, limits.resourceBytesMax)
  for (const value of [scope.name ?? '', scope.version ?? ''])
    storedText(value, limits.textBytesMax, scopeCuts)
  return {
    ...row,
    ...commonColumns(resource, scope, own, options, {
      map: 'LogAttributesRest',
      cuts,
      withoutTask: PRICED.has(row.EventName),
    }),
    ScopeAttributes: marked(scopeAttributes, scopeCuts),
  }
}

function bodyText({ body = {} }: LogRecordJson, { textBytesMax }: TranscodeLimits, cuts: Cuts): string {
  const store = body.stringValue === undefined ? storedRendered : storedText
  return store(valueText(body), textBytesMax, cuts)
}

interface RecordKind {
  /** Column of the attributes no column holds. */
  readonly map: string
  readonly cuts: Cuts
  readonly withoutTask: boolean
}

function commonColumns(
  resource: ResourceJson,
  scope: ScopeJson,
  own: SplitAttributes,
  options: ReferenceOptions,
  { map, cuts, withoutTask }: RecordKind,
): Row {
  const { limits, findSandbox } = options
  const resourceCuts: Cuts = { count: 0 }
  const entries = mapEntries(resource.attributes, limits, resourceCuts, limits.resourceBytesMax)
  const name = (value = ''): string => storedText(value, limits.textBytesMax, { count: 0 })
  const context = contextOf(own.columns, entries, findSandbox, withoutTask)
  return {
    TenantId: options.tenantId,
    IngestedAt: BigInt(options.receivedAtMs),
    ServiceName: serviceNameOf(entries),
    ResourceAttributes: marked(entries, resourceCuts),
    ScopeName: name(scope.name),
    ScopeVersion: name(scope.version),
    [map]: marked([...own.rest, ...completedInstance(own, entries, context, findSandbox)], cuts),
    ...context,
  }
}

function marked(entries: readonly Entry[], cuts: Cuts): readonly Entry[] {
  return cuts.count === 0 ? entries : [...entries, [attr.truncated, 'true']]
}

function firstOf<T>(all: readonly T[] = [], max: number, cuts: Cuts): readonly T[] {
  if (all.length > max) cuts.count++
  return all.slice(0, max)
}

function storedId(id = ''): string {
  return /^0*$/.test(id) ? '' : id.toLowerCase()
}

function storedTime(time: bigint, { receivedAtMs, limits }: ReferenceOptions): bigint {
  const received = BigInt(receivedAtMs) * NS_PER_MS
  if (time === 0n) return received
  const earliest = received - BigInt(limits.retentionMs) * NS_PER_MS
  const latest = received + BigInt(limits.aheadMsMax) * NS_PER_MS
  if (time < earliest) return earliest
  return time > latest ? latest : time
}
