/**
 * What is known of an attribute name, found by its bytes: no string is made for a name seen before.
 * Open addressing over a hash of the length and two words of the name; a hit is confirmed by all its bytes.
 */
import { appendUtf8 } from './append.ts'
import { ByteStream } from './byte-stream.ts'

/** Index of names that have no column of their own. */
export const NO_COLUMN = 31

/** The keys that came next in records before. */
export interface Followers {
  next: KnownKey | undefined
  other: KnownKey | undefined
}

export interface KnownKey extends Followers {
  /** Index of the column that holds the value instead of the map, or NO_COLUMN. */
  readonly column: number
  /** The name alone says that its value is a secret. */
  readonly secret: boolean
  /** Where the name stands, together with those of other keys: what is compared all the time lies close together. */
  readonly names: ByteStream
  /** Name as it is sent. */
  readonly nameAt: number
  readonly nameLength: number
  /** Name as it is stored, length first. */
  readonly storedAt: number
  readonly storedLength: number
}

export interface KeyFacts {
  readonly column: number
  readonly secret: boolean
  readonly storedName: string
}

const SLOTS = 8192
/** Names remembered; beyond it all are forgotten, so a flood of names costs time, not memory. */
const KNOWN_MAX = SLOTS / 4
/** Longer names are looked at anew every time. */
const REMEMBERED_BYTES_MAX = 255

const decoder = new TextDecoder()

export class KeyTable {
  readonly #describe: (name: string) => KeyFacts
  readonly #slots: (KnownKey | undefined)[] = Array.from({ length: SLOTS })
  readonly #starts: Followers[] = []
  #names = new ByteStream()
  #known = 0

  constructor(describe: (name: string) => KeyFacts) {
    this.#describe = describe
  }

  /** What stands before the first key of the records of one writer. */
  start(): Followers {
    const start = { next: undefined, other: undefined }
    this.#starts.push(start)
    return start
  }

  /** Senders repeat the order of names: the two that came behind `last` before are tried first. */
  follow(last: Followers, source: ByteStream, at: number, length: number): KnownKey {
    const { next, other } = last
    if (next !== undefined && isNamed(next, source, at, length)) return next
    if (other !== undefined && isNamed(other, source, at, length)) return other
    const known = this.find(source, at, length)
    if (length <= REMEMBERED_BYTES_MAX) {
      last.other = next
      last.next = known
    }
    return known
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
    if (length > REMEMBERED_BYTES_MAX) return this.#describeIn(new ByteStream(), source, at, length)
    if (this.#known >= KNOWN_MAX) this.#forget()
    const known = this.#describeIn(this.#names, source, at, length)
    this.#slots[slot] = known
    this.#known++
    return known
  }

  /** Keys lead to keys, and each holds the names of all that came with it: none may be left that a record begins with. */
  #forget(): void {
    this.#slots.fill(undefined)
    for (const start of this.#starts) start.next = start.other = undefined
    this.#names = new ByteStream()
    this.#known = 0
  }

  #describeIn(names: ByteStream, source: ByteStream, at: number, length: number): KnownKey {
    // `slice` copies: the source is used again.
    const name = source.bytes.slice(at, at + length)
    const { column, secret, storedName } = this.#describe(decoder.decode(name))
    const nameAt = names.length
    appendPlain(names, name)
    const storedAt = names.length
    appendUtf8(names, storedName)
    return {
      column,
      secret,
      names,
      nameAt,
      nameLength: length,
      storedAt,
      storedLength: names.length - storedAt,
      next: undefined,
      other: undefined,
    }
  }
}

function appendPlain(target: ByteStream, bytes: Uint8Array): void {
  target.reserve(bytes.length)
  target.bytes.set(bytes, target.length)
  target.length += bytes.length
}

/** Whether the bytes are the name of the key. */
function isNamed(known: KnownKey, source: ByteStream, at: number, length: number): boolean {
  return known.nameLength === length && isSame(known.names.view, known.nameAt, source.view, at, length)
}

/** Compares eight bytes at a time; the last eight may overlap those before. */
function isSame(left: DataView, leftAt: number, right: DataView, at: number, length: number): boolean {
  const last = length - 8
  if (last < 0) return isSameShort(left, leftAt, right, at, length)
  for (let i = 0; i < last; i += 8) {
    if (left.getBigInt64(leftAt + i, true) !== right.getBigInt64(at + i, true)) return false
  }
  return left.getBigInt64(leftAt + last, true) === right.getBigInt64(at + last, true)
}

function isSameShort(left: DataView, leftAt: number, right: DataView, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (left.getUint8(leftAt + i) !== right.getUint8(at + i)) return false
  return true
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
