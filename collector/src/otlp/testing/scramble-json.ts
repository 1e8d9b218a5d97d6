/** The same JSON written otherwise: another order, unknown fields, gaps, escapes, original names, integers without quotes. */
import type { Below } from './scramble-wire.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

const INTEGERS = /^(?:intValue|timeUnixNano|observedTimeUnixNano|startTimeUnixNano|endTimeUnixNano)$/
const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  kind: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
    (name) => `SPAN_KIND_${name}`,
  ),
  code: ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`),
}
const UNKNOWN: readonly string[] = [
  '"newField": [1, -2.5e3, {"a": [null, true, false], "b": "\\u00e9\\"}"}, []]',
  '"spanz" : {}',
  '"": "x"',
  '"droppedAttributesCount":3',
]
const GAPS = ['', '', '', ' ', '\n  ', '\t\r\n']

export function scrambleJson(value: object, below: Below): string {
  return write(JSON.parse(JSON.stringify(value)), '', below)
}

function write(value: Json, name: string, below: Below): string {
  if (typeof value === 'string') return writeString(value, name, below)
  if (typeof value === 'number')
    return ENUMERATIONS[name]?.[value] && below(2) ? `"${ENUMERATIONS[name][value]}"` : JSON.stringify(value)
  if (isArray(value))
    return list(
      '[',
      value.map((element) => write(element, '', below)),
      ']',
      below,
    )
  if (typeof value === 'object' && value !== null) return list('{', fields(value, below), '}', below)
  return JSON.stringify(value)
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function fields(object: { readonly [name: string]: Json }, below: Below): string[] {
  const written = Object.entries(object).map(
    ([name, value]) =>
      `${JSON.stringify(spell(name, below))}${gap(below)}:${gap(below)}${write(value, name, below)}`,
  )
  const extra = below(4) === 0 ? [UNKNOWN[below(UNKNOWN.length)] ?? ''] : []
  return shuffle([...written, ...extra], below)
}

function writeString(value: string, name: string, below: Below): string {
  if (INTEGERS.test(name) && below(2) === 0) return value
  const plain = JSON.stringify(value)
  if (below(3) > 0) return plain
  const escaped = Array.from(
    { length: value.length },
    (_, index) => `\\u${value.charCodeAt(index).toString(16).padStart(4, '0')}`,
  )
  return `"${escaped.join('')}"`
}

function spell(name: string, below: Below): string {
  return below(4) > 0 ? name : name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
}

function list(open: string, parts: readonly string[], close: string, below: Below): string {
  return `${open}${gap(below)}${parts.join(`${gap(below)},${gap(below)}`)}${gap(below)}${close}`
}

function gap(below: Below): string {
  return GAPS[below(GAPS.length)] ?? ''
}

function shuffle<T>(values: readonly T[], below: Below): T[] {
  const left = [...values]
  return values.flatMap(() => left.splice(below(left.length), 1))
}
