/** Reads what a charge needs from attribute values as they came over the wire: numbers, bigints, decimal strings, arrays or JSON. */
import { MoneyError, parseDecimal, scaleNumber } from '../money.ts'

export type ChargeAttributes = ReadonlyMap<string, unknown>

/** The event does not carry what its price needs. Bad input: counted, never retried. */
export class ChargeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ChargeError'
  }
}

/** Text of an attribute; empty when absent. */
export function readText(attributes: ChargeAttributes, name: string): string {
  const value = attributes.get(name)
  return typeof value === 'string' ? value : ''
}

/** A non-negative amount as an integer of 10^-digits; undefined when absent. */
export function readAmount(attributes: ChargeAttributes, name: string, digits: number): bigint | undefined {
  const value = attributes.get(name)
  return value === undefined || value === '' ? undefined : toAmount(value, name, digits)
}

/** Like readAmount, for an attribute the event must carry. */
export function requireAmount(attributes: ChargeAttributes, name: string, digits: number): bigint {
  const amount = readAmount(attributes, name, digits)
  if (amount === undefined) throw new ChargeError(`${name} is missing: without it there is no price`)
  return amount
}

/** Elements of an array attribute; empty when absent. */
export function readList(attributes: ChargeAttributes, name: string): readonly unknown[] {
  const value = attributes.get(name)
  if (value === undefined || value === '') return []
  const list = typeof value === 'string' ? parseJson(value, name) : value
  if (!Array.isArray(list)) throw new ChargeError(`${name} must be an array, not ${describe(value)}`)
  return list
}

export function toAmount(value: unknown, name: string, digits: number): bigint {
  const amount = scale(value, name, digits)
  if (amount < 0n) throw new ChargeError(`${name} must not be negative, but is ${String(amount)}e-${digits}`)
  return amount
}

function scale(value: unknown, name: string, digits: number): bigint {
  try {
    if (typeof value === 'bigint') return parseDecimal(value.toString(), digits)
    if (typeof value === 'number') return scaleNumber(value, digits)
    if (typeof value === 'string') return parseDecimal(value, digits)
  } catch (error) {
    if (error instanceof MoneyError) throw new ChargeError(`${name}: ${error.message}`)
    throw error
  }
  throw new ChargeError(`${name} must be a number, not ${describe(value)}`)
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ChargeError(`${name} must be a JSON array, not "${text.slice(0, 40)}"`)
  }
}

/** What a value looked like, short enough for an error. */
const describe = (value: unknown): string =>
  typeof value === 'string' ? `"${value.slice(0, 40)}"` : `a value of type ${typeof value}`
