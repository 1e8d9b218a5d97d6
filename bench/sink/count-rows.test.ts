import { expect, test } from 'vitest'
import { createTranscoder } from '../../collector/src/transcode/transcoder.ts'
import { toProtobuf } from '../payload-protobuf.ts'
import { requests } from '../payload.ts'
import { countRows } from './count-rows.ts'

const startMs = Date.UTC(2026, 10, 23)
const source = requests({ seed: 7, spansPerRequest: 100, startMs })

function block(): Buffer {
  const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
  const context = { tenantId: 'bench', receivedAtMs: startMs }
  transcoder.append('traces', 'protobuf', toProtobuf(source.next().value), context)
  return Buffer.from(transcoder.take('otel_traces')?.bytes ?? [])
}

test('rows of all blocks of an insert are counted', () => {
  expect(countRows(Buffer.concat([block(), block(), block()]))).toBe(300)
})

test('a body that ends inside a block is refused', () => {
  const whole = block()
  expect(() => countRows(whole.subarray(0, whole.length - 1))).toThrow(RangeError)
})

test('an empty body has no rows', () => {
  expect(countRows(Buffer.alloc(0))).toBe(0)
})

test('strings of every length are passed over', () => {
  const column = Buffer.concat([named('name'), named('String')])
  for (const length of [0, 1, 127, 128, 129, 16_383, 16_384, 70_000]) {
    const one = Buffer.concat([varint(1), varint(2), column, named('a'.repeat(length)), named('b')])
    expect(countRows(Buffer.concat([one, one])), `${length}`).toBe(4)
  }
})

const named = (text: string): Buffer => Buffer.concat([varint(text.length), Buffer.from(text)])

function varint(value: number): Buffer {
  return value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value % 128) | 0x80]), varint(Math.floor(value / 128))])
}
