import { Root } from 'protobufjs'
import { expect, test } from 'vitest'
import { encodeExportResponse, encodeStatus } from './response.ts'

const { root } = Root.fromJSON({
  nested: {
    ExportTraceServiceResponse: { fields: { partialSuccess: { type: 'Partial', id: 1 } } },
    Partial: { fields: { rejected: { type: 'int64', id: 1 }, errorMessage: { type: 'string', id: 2 } } },
    Status: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
  },
})

const decode = (type: string, bytes: Buffer): object => {
  const message = root.lookupType(type)
  return message.toObject(message.decode(bytes), { longs: Number })
}

const LONG = `ü${'x'.repeat(300)}`

test('full success is an empty message', () => {
  expect(encodeExportResponse('protobuf', 'traces', 0, '')).toHaveLength(0)
  expect(encodeExportResponse('json', 'logs', 0, '').toString()).toBe('{}')
})

test.each([1, 127, 128, 70_000])(
  '%i rejected records are a partial success that a library reads',
  (rejected) => {
    expect(
      decode('ExportTraceServiceResponse', encodeExportResponse('protobuf', 'traces', rejected, LONG)),
    ).toEqual({ partialSuccess: { rejected, errorMessage: LONG } })
  },
)

test('in JSON the count is a string under the name of its signal', () => {
  const parse = (signal: 'traces' | 'logs'): unknown =>
    JSON.parse(encodeExportResponse('json', signal, 3, 'why').toString())
  expect(parse('traces')).toEqual({ partialSuccess: { rejectedSpans: '3', errorMessage: 'why' } })
  expect(parse('logs')).toEqual({ partialSuccess: { rejectedLogRecords: '3', errorMessage: 'why' } })
})

test('a status is read by a library, whatever the length of its message', () => {
  expect(decode('Status', encodeStatus('protobuf', 14, LONG))).toEqual({ code: 14, message: LONG })
  expect(JSON.parse(encodeStatus('json', 3, 'no').toString())).toEqual({ code: 3, message: 'no' })
})
