/** One reader per signal and encoding; all write through the same rows. */
import type { LogRows } from '../transcode/log-rows.ts'
import type { RowTools } from '../transcode/row-tools.ts'
import type { SpanRows } from '../transcode/span-rows.ts'
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
  return { protobuf: protobufReaders(spans, logs, tools), json: protobufReaders(spans, logs, tools) }
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
