/**
 * What is known of an attribute name, found by its bytes: no string is made for a name seen before.
 * Open addressing over a hash of the length and two words of the name; a hit is confirmed byte by byte.
 */
import { encodeString } from './append.ts'
import { ByteStream } from './byte-stream.ts'

/** Index of names that have no column of their own. */
export const NO_COLUMN = 31

export interface KnownKey {
  /** Index of the column that holds the value instead of the map, or NO_COLUMN. */
  readonly column: number
  /** The name alone says that its value is a secret. */
  readonly secret: boolean
  /** Name as it is sent. */
  readonly name: ByteStream
  /** Name as it is stored, length first. */
  readonly encoded: ByteStream
}

export interface KeyFacts {
  readonly column: number
  readonly secret: boolean
  readonly storedName: string
}

const SLOTS = 8192
/** Names remembered; beyond it all but the next ones are forgotten, so a flood of names costs time, not memory. */
const KNOWN_MAX = SLOTS / 4
/** Longer names are looked at anew every time. */
const REMEMBERED_BYTES_MAX = 255

const decoder = new TextDecoder()

export class KeyTable {
  readonly #describe: (name: string) => KeyFacts
  readonly #slots: (KnownKey | undefined)[] = Array.from({ length: SLOTS })
  #known = 0

  constructor(describe: (name: string) => KeyFacts) {
    this.#describe = describe
  }

  find(source: ByteStream, at: number, length: number): KnownKey {
    let slot = hash(source.view, at, length)
    for (;;) {
      const known = this.#slots[slot]
      if (known === undefined) return this.#learn(slot, source, at, length)
      if (isNamed(known, source, at, length)) return known
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  #learn(slot: number, source: ByteStream, at: number, length: number): KnownKey {
    const known = this.#toKnown(copyName(source, at, length))
    if (length > REMEMBERED_BYTES_MAX) return known
    if (this.#known < KNOWN_MAX) {
      this.#slots[slot] = known
      this.#known++
    } else {
      this.#slots.fill(undefined)
      this.#known = 0
    }
    return known
  }

  #toKnown(name: ByteStream): KnownKey {
    const { column, secret, storedName } = this.#describe(decoder.decode(name.bytes.subarray(0, name.length)))
    return { column, secret, name, encoded: encodeString(storedName) }
  }
}

/** Whether the bytes are the name of the key. */
export function isNamed({ name }: KnownKey, source: ByteStream, at: number, length: number): boolean {
  if (name.length !== length) return false
  const left = name.view
  const right = source.view
  let i = 0
  for (; i + 4 <= length; i += 4) {
    if (left.getInt32(i, true) !== right.getInt32(at + i, true)) return false
  }
  for (; i < length; i++) if (left.getUint8(i) !== right.getUint8(at + i)) return false
  return true
}

function copyName(source: ByteStream, at: number, length: number): ByteStream {
  return new ByteStream(source.bytes.slice(at, at + length), length)
}

/** Contract names differ in their length, their end or their middle; others are told apart by the comparison. */
function hash(view: DataView, at: number, length: number): number {
  let mixed = length
  if (length >= 4) {
    mixed = Math.imul(mixed ^ view.getInt32(at + length - 4, true), 0x9e3779b1)
    mixed = Math.imul(mixed ^ view.getInt32(at + ((length - 4) >> 1), true), 0x85ebca6b)
  } else {
    for (let i = 0; i < length; i++) mixed = Math.imul(mixed ^ view.getUint8(at + i), 0x01000193)
  }
  return (mixed ^ (mixed >>> 15)) & (SLOTS - 1)
}
