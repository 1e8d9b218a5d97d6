import type { AttributeName } from '@sandglass/schemas/semconv'
import type { FactValue, Facts } from '../facts.ts'
import { read } from './read.ts'

/** Reads one fact from the arguments of a call, or from its result as if that were the only argument. */
export type Reader = (args: readonly unknown[]) => FactValue | undefined

/** An argument, or one property of it. */
const valueAt = (args: readonly unknown[], index: number, name: string | undefined): unknown =>
  name === undefined ? args[index] : read(args[index], name)

export const text =
  (index: number, name?: string): Reader =>
  (args) => {
    const value = valueAt(args, index, name)
    return typeof value === 'string' ? value : undefined
  }

export const number =
  (index: number, name?: string): Reader =>
  (args) => {
    const value = valueAt(args, index, name)
    return typeof value === 'number' ? value : undefined
  }

/** Bytes of a text in UTF-8. */
export const size =
  (index: number, name?: string): Reader =>
  (args) => {
    const value = valueAt(args, index, name)
    return typeof value === 'string' ? new TextEncoder().encode(value).byteLength : undefined
  }

const ASSIGNMENT = /^[\w[\]]{1,256}\+?=/

/** The program a command line begins with, without its directories. */
export const program =
  (index: number): Reader =>
  (args) => {
    const line = args[index]
    if (typeof line !== 'string') return undefined
    const first = line.trim().split(/\s/, 1)[0] ?? ''
    // What is assigned before a program may be a secret: cut at its slashes, nothing would tell that it is one.
    return ASSIGNMENT.test(first) ? undefined : first.split('/').at(-1)
  }

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGTERM: 15,
}

/** A signal by its number or name. */
export const signal =
  (index: number): Reader =>
  (args) => {
    const value = args[index]
    return typeof value === 'string' ? SIGNALS[value] : number(index)(args)
  }

/** The first reader that finds something. */
export const either =
  (...readers: readonly Reader[]): Reader =>
  (args) => {
    for (const reader of readers) {
      const value = reader(args)
      if (value !== undefined) return value
    }
    return undefined
  }

type Readers = Partial<Record<AttributeName, Reader>>

export const facts =
  (readers: Readers) =>
  (args: readonly unknown[]): Facts =>
    Object.fromEntries(Object.entries(readers).map(([name, reader]) => [name, reader(args)]))

export const resultFacts =
  (readers: Readers) =>
  (result: unknown): Facts =>
    facts(readers)([result])
