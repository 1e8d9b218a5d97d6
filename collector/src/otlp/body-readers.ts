/** One reader per signal and encoding; all write through the same rows. */
import type { LogRows } from '../transcode/log-rows.ts'
import type { RowTools } from '../transcode/row-tools.ts'
import type { SpanRows } from '../transcode/span-rows.ts'
import { AttributeReader as JsonAttributeReader } from './json/attribute-reader.ts'
import { JsonCursor } from './json/json-cursor.ts'
import { LogReader as JsonLogReader } from './json/log-reader.ts'
import { RequestReader as JsonRequestReader, logFields, traceFields } from './json/request-reader.ts'
import { SpanReader as JsonSpanReader } from './json/span-reader.ts'
import { ValueReader as JsonValueReader } from './json/value-reader.ts'
import { AttributeReader } from './protobuf/attribute-reader.ts'
import { LogReader } from './protobuf/log-reader.ts'
import { RequestReader } from './protobuf/request-reader.ts'
import { SpanReader } from './protobuf/span-reader.ts'
import { ValueReader } from './protobuf/value-reader.ts'
import { WireCursor } from './protobuf/wire-cursor.ts'
import { ValueBudget } from './value-budget.ts'

/** Reads one body; throws a DecodeError when it is malformed. */
export type BodyReader = (body: Uint8Array) => void

export interface BodyReaders {
  readonly protobuf: { readonly traces: BodyReader; readonly logs: BodyReader }
  readonly json: { readonly traces: BodyReader; readonly logs: BodyReader }
}

export function createBodyReaders(spans: SpanRows, logs: LogRows, tools: RowTools): BodyReaders {
  return { protobuf: protobufReaders(spans, logs, tools), json: jsonReaders(spans, logs, tools) }
}

function protobufReaders(spans: SpanRows, logs: LogRows, tools: RowTools): BodyReaders['protobuf'] {
  const cursor = new WireCursor()
  const values = new ValueReader(cursor, new ValueBudget(tools.limits), tools.text)
  const attributes = new AttributeReader(cursor, values)
  const { recordBytesMax } = tools.limits
  const spanReader = new SpanReader(cursor, attributes, spans, recordBytesMax)
  const logReader = new LogReader(cursor, attributes, values, logs, recordBytesMax)
  const traces = new RequestReader(cursor, attributes, spanReader)
  const logRecords = new RequestReader(cursor, attributes, logReader)
  return { traces: (body) => traces.read(body), logs: (body) => logRecords.read(body) }
}

function jsonReaders(spans: SpanRows, logs: LogRows, tools: RowTools): BodyReaders['json'] {
  const cursor = new JsonCursor()
  const values = new JsonValueReader(cursor, new ValueBudget(tools.limits), tools.text)
  const attributes = new JsonAttributeReader(cursor, values)
  const { recordBytesMax } = tools.limits
  const spanReader = new JsonSpanReader(cursor, attributes, spans, recordBytesMax)
  const logReader = new JsonLogReader(cursor, attributes, values, logs, recordBytesMax)
  const traces = new JsonRequestReader(cursor, attributes, spanReader, traceFields)
  const logRecords = new JsonRequestReader(cursor, attributes, logReader, logFields)
  return { traces: (body) => traces.read(body), logs: (body) => logRecords.read(body) }
}
