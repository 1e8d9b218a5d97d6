import { attr } from '@sandglass/schemas/semconv'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../otlp/decode-error.ts'
import { encodeTraces } from '../otlp/testing/messages.ts'
import type { AnyValueJson, KeyValueJson, SpanJson } from '../otlp/testing/otlp-json.ts'
import { defaultLimits, type TranscodeLimits } from './limits.ts'
import { readBlock, type Row } from './testing/read-block.ts'
import { createTranscoder, type Accepted, type Encoding } from './transcoder.ts'

const context = { tenantId: 'acme', receivedAtMs: 1_793_000_000_000 }
const MARK = [attr.truncated, 'true']
const KIB = 1024
const MIB = 1024 * KIB

const attribute = (key: string, stringValue: string): KeyValueJson => ({ key, value: { stringValue } })
const request = (...spans: readonly SpanJson[]): object => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] })

interface Outcome extends Accepted {
  readonly stored: readonly Row[]
  readonly truncated: number
}

function append(body: Uint8Array, encoding: Encoding, limits: Partial<TranscodeLimits> = {}): Outcome {
  const transcoder = createTranscoder({ sandboxes: { find: () => undefined }, limits })
  const accepted = transcoder.append('traces', encoding, body, context)
  const block = transcoder.take('otel_traces')
  return {
    ...accepted,
    stored: block ? readBlock(block.bytes) : [],
    truncated: transcoder.counts.recordsTruncated,
  }
}

const encode = (sent: object, encoding: Encoding): Uint8Array =>
  encoding === 'json' ? Buffer.from(JSON.stringify(sent)) : encodeTraces(sent)
const encodings: readonly Encoding[] = ['protobuf', 'json']

describe.each(encodings)('limits of %s', (encoding) => {
  const store = (sent: object, limits: Partial<TranscodeLimits> = {}): Outcome =>
    append(encode(sent, encoding), encoding, limits)

  test('a string of ten megabytes is cut between characters, and the record marked', () => {
    const { stored, truncated } = store(
      request({ name: 'x', attributes: [attribute('a', `x${'é'.repeat(5 * MIB)}`)] }),
    )
    expect(stored[0]?.['SpanAttributesRest']).toEqual([['a', `x${'é'.repeat(32 * KIB - 1)}`], MARK])
    expect(truncated).toBe(1)
  })

  test('half a secret at the cut is found as a whole one', () => {
    const text = `${'x'.repeat(90)} ghp_${'a1'.repeat(20)}`
    const { stored } = store(request({ name: text }), { textBytesMax: 100 })
    expect(stored[0]?.['SpanName']).toBe(`${'x'.repeat(90)} [redacted`)
  })

  test('of a hundred thousand attributes the first are stored, and the record marked', () => {
    const attributes = Array.from({ length: 100_000 }, (_, index) => attribute(`a${index}`, 'v'))
    const { stored } = store(request({ attributes }))
    const rest = stored[0]?.['SpanAttributesRest']
    expect([Array.isArray(rest) && rest.length, Array.isArray(rest) && rest.at(-1)]).toEqual([257, MARK])
  })

  test('events, links and attributes behind the first megabyte of a record are dropped, and the record marked', () => {
    const big = attribute('big', 'x'.repeat(MIB))
    const late = [attribute('late', 'x')]
    const { stored } = store(
      request({ attributes: [big, ...late], events: [{ name: 'late' }], links: [{ traceState: 'late' }] }),
    )
    const row = stored[0]
    expect([row?.['Events.Name'], row?.['Links.TraceState']]).toEqual([[], []])
    expect(row?.['SpanAttributesRest']).toEqual([['big', 'x'.repeat(64 * KIB)], MARK])
  })

  test('an array that unfolds without end is cut, and the record marked', () => {
    const values = Array.from({ length: 500_000 }, () => ({}))
    const { stored } = store(request({ attributes: [{ key: 'a', value: { arrayValue: { values } } }] }))
    const nulls = `[${Array.from({ length: defaultLimits.elementsMax }, () => 'null').join(',')}]`
    expect(stored[0]?.['SpanAttributesRest']).toEqual([['a', nulls], MARK])
  })

  test('a resource that every record would repeat is cut, and marked', () => {
    const attributes = Array.from({ length: 200 }, (_, index) => attribute(`a${index}`, 'x'.repeat(KIB)))
    const spans = Array.from({ length: 1000 }, () => ({}))
    const { stored } = store({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] })
    const map = stored[999]?.['ResourceAttributes']
    expect(stored.length).toBe(1000)
    expect(Array.isArray(map) && map.at(-1)).toEqual(MARK)
    expect(JSON.stringify(map).length).toBeLessThan(40 * KIB)
  })

  test('records beyond the number a request may have are rejected, with the reason', () => {
    const { rows, rejected, reason, stored } = store(request({}, {}, {}), { rowsMax: 2 })
    expect([rows, rejected, stored.length]).toEqual([2, 1, 2])
    expect(reason).toBe('more than 2 records in one request')
  })

  test('a request that grows beyond its size once stored is rejected from there on', () => {
    const resource = { attributes: [attribute('a', 'x'.repeat(30 * KIB))] }
    const spans = Array.from({ length: 2000 }, () => ({}))
    const sent = { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }
    const { rows, rejected, reason } = store(sent, { outputBytesMax: 10 * MIB })
    expect(rows + rejected).toBe(2000)
    expect(rows * 30 * KIB).toBeLessThan(11 * MIB)
    expect(reason).toBe(`more than ${10 * MIB} bytes in one request once stored`)
  })
})

function nestedArrays(depth: number): AnyValueJson {
  let value: AnyValueJson = { stringValue: 'deep' }
  for (let i = 0; i < depth; i++) value = { arrayValue: { values: [value] } }
  return value
}

describe('nesting', () => {
  test.each(encodings)(
    'up to 32 arrays inside one another are stored, the deeper ones are null (%s)',
    (encoding) => {
      const value = (depth: number): unknown => {
        const sent = request({ attributes: [{ key: 'a', value: nestedArrays(depth) }] })
        return append(encode(sent, encoding), encoding).stored[0]?.['SpanAttributesRest']
      }
      expect(value(32)).toEqual([['a', `${'['.repeat(32)}"deep"${']'.repeat(32)}`]])
      expect(value(34)).toEqual([['a', `${'['.repeat(32)}null${']'.repeat(32)}`], MARK])
    },
  )

  test('without end it is refused in JSON and stored cut in protobuf', () => {
    const open = '{"resourceSpans":'.concat('[{"x":'.repeat(100_000))
    expect(() => append(Buffer.from(open), 'json')).toThrow(DecodeError)
    const { stored } = append(deepProtobuf(20_000), 'protobuf')
    expect(stored[0]?.['SpanAttributesRest']).toEqual([['', `${'['.repeat(32)}null${']'.repeat(32)}`], MARK])
  })
})

/** Arrays inside arrays, written by hand: a library would run out of stack. */
function deepProtobuf(depth: number): Uint8Array {
  const parts: Buffer[] = []
  let size = 0
  const wrap = (tag: number): void => {
    const head = Buffer.from([tag, ...varint(size)])
    parts.unshift(head)
    size += head.length
  }
  for (let i = 0; i < depth; i++) for (const tag of [0x0a, 0x2a]) wrap(tag)
  for (const tag of [0x12, 0x4a, 0x12, 0x12, 0x0a]) wrap(tag)
  return Buffer.concat(parts)
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

test('bytes that are no UTF-8 are stored as they came, and disturb nobody', () => {
  const name = Buffer.from([0x2a, 3, 0x61, 0xff, 0xc3])
  const message = (tag: number, ...parts: readonly Buffer[]): Buffer => {
    const body = Buffer.concat(parts)
    return Buffer.concat([Buffer.from([tag, ...varint(body.length)]), body])
  }
  const { stored } = append(message(0x0a, message(0x12, message(0x12, name), message(0x12))), 'protobuf')
  expect(stored.map((row) => row['SpanName'])).toEqual(['a\ufffd\ufffd', ''])
})

test('a flood of attribute names costs time, not memory', () => {
  const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
  const before = process.memoryUsage().heapUsed
  for (let round = 0; round < 200; round++) {
    const attributes = Array.from({ length: 250 }, (_, index) =>
      attribute(`name.${round}.${index}.${'x'.repeat(100)}`, ''),
    )
    transcoder.append('traces', 'protobuf', encodeTraces(request({ attributes })), context)
    transcoder.take('otel_traces')
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * MIB)
})
