/** Strings, names and numbers of JSON bodies, against `JSON.parse` and BigInt, wherever they stand in a word. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../decode-error.ts'
import { readDouble } from './double.ts'
import { SPANS, START_TIME_UNIX_NANO, UNKNOWN } from './field-names.ts'
import { Int64Reader } from './int64.ts'
import { JsonCursor } from './json-cursor.ts'

const BLANKS_MAX = 9
const blanks = fc.nat({ max: BLANKS_MAX }).map((count) => ' '.repeat(count))

function open(text: string): JsonCursor {
  const cursor = new JsonCursor()
  cursor.open(Buffer.from(text))
  return cursor
}

function readString(json: string): string {
  const cursor = open(json)
  cursor.string()
  cursor.expectEnd()
  return Buffer.from(cursor.source.bytes).toString('utf8', cursor.from, cursor.from + cursor.length)
}

function readInteger(json: string): bigint {
  const cursor = open(json)
  const int = new Int64Reader(cursor)
  int.readSigned()
  cursor.expectEnd()
  return (BigInt(int.high) << 32n) | BigInt(int.low >>> 0)
}

describe('strings', () => {
  test('are what JSON.parse makes of them, at every alignment', () => {
    fc.assert(
      fc.property(blanks, fc.string({ unit: 'grapheme', maxLength: 40 }), (before, text) => {
        expect(readString(`${before}${JSON.stringify(text)}`)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('with control characters in them, or without an end, are refused', () => {
    for (let length = 0; length < 12; length++) {
      const plain = 'x'.repeat(length)
      for (const bad of ['\n', '\0', '\u001f'])
        expect(() => readString(`"${plain}${bad}"`)).toThrow(DecodeError)
      expect(() => readString(`"${plain}`)).toThrow('a string does not end')
      expect(() => readString(`"${plain}\\`)).toThrow(DecodeError)
    }
  })

  test('may hold any bytes beyond ASCII', () => {
    expect(readString('"\u007f\u0080ÿ߿ࠀ￿😀"')).toBe('\u007f\u0080ÿ߿ࠀ￿😀')
  })
})

describe('names of fields', () => {
  test.each([
    ['{"spans":', SPANS],
    ['{"spans" :', SPANS],
    [String.raw`{"sp\u0061ns":`, SPANS],
    ['{ "startTimeUnixNano":', START_TIME_UNIX_NANO],
    ['{"start_time_unix_nano":', START_TIME_UNIX_NANO],
    ['{"span":', UNKNOWN],
    ['{"spansx":', UNKNOWN],
    ['{"":', UNKNOWN],
    ['{"constructor":', UNKNOWN],
  ])('%s is found, near the end of a body and far from it', (json, number) => {
    for (const behind of ['1', `1${' '.repeat(64)}`]) {
      const cursor = open(json + behind)
      cursor.enterObject()
      expect(cursor.nextField()).toBe(number)
      expect(cursor.peek()).toBe('1'.charCodeAt(0))
    }
  })
})

describe('integers', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

  test('are read exactly, in quotes and without', () => {
    fc.assert(
      fc.property(blanks, int64, (before, value) => {
        expect([readInteger(`${before}"${value}"`), readInteger(`${before}${value}`)]).toEqual([value, value])
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['9007199254740993', 9007199254740993n],
    ['9007199254740993.0', 9007199254740993n],
    ['1.8e3', 1800n],
    ['1E18', 10n ** 18n],
    ['"1e3"', 1000n],
    ['-9.223372036854775808e18', -(2n ** 63n)],
    ['0.00', 0n],
    ['1200e-2', 12n],
    ['null', 0n],
  ])('%s is %s', (json, value) => {
    expect(readInteger(json)).toBe(value)
  })

  test.each([
    '1.5',
    '1e-1',
    '01',
    '-',
    '""',
    '"x"',
    '"1 "',
    '9223372036854775808',
    '1e19',
    '1e999',
    '1.',
    '+1',
    '"',
    '',
  ])('%s is refused', (json) => {
    expect(() => readInteger(json)).toThrow(DecodeError)
  })
})

describe('floating point numbers', () => {
  const read = (json: string): number => {
    const cursor = open(json)
    const value = readDouble(cursor)
    cursor.expectEnd()
    return value
  }
  const decimals = fc.tuple(fc.bigInt(-(10n ** 17n), 10n ** 17n), fc.nat(16)).map(([digits, places]) => {
    const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0')
    const sign = digits < 0n ? '-' : ''
    return `${sign}${text.slice(0, text.length - places)}${places > 0 ? '.' : ''}${text.slice(text.length - places)}`
  })

  test('are the doubles that JSON.parse makes of them', () => {
    const written = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), decimals)
    fc.assert(
      fc.property(written, (text) => {
        expect(read(`${text} `)).toBe(JSON.parse(text))
        expect(read(text)).toBe(JSON.parse(text))
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['-0', -0],
    ['-0.0', -0],
    ['"NaN"', Number.NaN],
    ['"-Infinity"', -Infinity],
    ['"2.5"', 2.5],
    ['1e400', Infinity],
  ])('%s is %s', (json, value) => {
    expect(read(json)).toBe(value)
  })

  test.each(['.5', '5.', '01.5', '-', '1.2.3', '--1', '1e', '"x"', '""', ''])('%s is refused', (json) => {
    expect(() => read(json)).toThrow(DecodeError)
    expect(() => read(`${json} `)).toThrow(DecodeError)
  })
})
