/**
 * What is known of an attribute name, found by its bytes: no string is made for a name seen before.
 * Open addressing over a hash of the length and four words of the name; a hit is confirmed byte by byte.
 */
import { copyWords, encodeString } from './append.ts'
import { ByteStream } from './byte-stream.ts'

/** Index of names that have no column of their own. */
export const NO_COLUMN = 31

export interface KnownKey {
  /** Index of the column that holds the value instead of the map, or NO_COLUMN. */
  readonly column: number
  /** The name alone says that its value is a secret. */
  readonly secret: boolean
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
const EMPTY = -1
/** Longer names are looked at anew every time. */
const REMEMBERED_BYTES_MAX = 255

const decoder = new TextDecoder()

export class KeyTable {
  readonly #describe: (name: string) => KeyFacts
  readonly #slots = new Int32Array(SLOTS).fill(EMPTY)
  readonly #names: ByteStream[] = []
  readonly #known: KnownKey[] = []

  constructor(describe: (name: string) => KeyFacts) {
    this.#describe = describe
  }

  find(source: ByteStream, at: number, length: number): KnownKey {
    let slot = hash(source.view, at, length)
    for (;;) {
      const index = this.#slots[slot] ?? EMPTY
      if (index === EMPTY) return this.#learn(slot, source, at, length)
      const name = this.#names[index]
      if (name && sameBytes(name, source, at, length)) {
        const known = this.#known[index]
        if (known) return known
      }
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  #learn(slot: number, source: ByteStream, at: number, length: number): KnownKey {
    const known = this.#toKnown(decoder.decode(source.bytes.subarray(at, at + length)))
    if (length > REMEMBERED_BYTES_MAX) return known
    if (this.#known.length >= KNOWN_MAX) this.#forget()
    else {
      this.#slots[slot] = this.#known.length
      this.#names.push(copyName(source, at, length))
      this.#known.push(known)
    }
    return known
  }

  #toKnown(name: string): KnownKey {
    const { column, secret, storedName } = this.#describe(name)
    return { column, secret, encoded: encodeString(storedName) }
  }

  #forget(): void {
    this.#slots.fill(EMPTY)
    this.#names.length = 0
    this.#known.length = 0
  }
}

function copyName(source: ByteStream, at: number, length: number): ByteStream {
  const name = new ByteStream(new Uint8Array(length + 4))
  copyWords(name.view, 0, source, at, length)
  name.length = length
  return name
}

function sameBytes(name: ByteStream, source: ByteStream, at: number, length: number): boolean {
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

/** Names differ mostly at their end and after their first dot: both are in the sampled words. */
function hash(view: DataView, at: number, length: number): number {
  let mixed = Math.imul(length, 0x9e3779b1)
  if (length >= 4) {
    mixed ^= Math.imul(view.getInt32(at, true), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
    mixed ^= Math.imul(view.getInt32(at + length - 4, true), 0xc2b2ae35)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4eb2f)
    mixed ^= view.getInt32(at + ((length - 4) >> 1), true)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x165667b1)
  } else {
    for (let i = 0; i < length; i++) mixed = Math.imul(mixed ^ view.getUint8(at + i), 0x01000193)
  }
  return (mixed ^ (mixed >>> 16)) & (SLOTS - 1)
}
