/** Writes attributes into a map column, or into the columns of their own that some have. */
import { attr } from '@sandglass/schemas/semconv'
import { appendAscii, appendBytes, appendUtf8 } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import type { Followers, KeyTable, KnownKey } from './key-table.ts'
import { appendDouble, appendInteger } from './number-text.ts'
import type { TranscodeLimits } from './limits.ts'
import type { ValueSink } from '../otlp/value.ts'
import type { TextWriter } from './text-writer.ts'
import { utf8CutAt } from './utf8.ts'

export interface MapStreams {
  readonly keys: ByteStream
  readonly values: ByteStream
}

const UNLIMITED = 0x7fff_ffff

/** Marks a record of which something was cut. */
export const TRUNCATED = attr.truncated

export interface AttributeWriterOptions {
  readonly map: MapStreams
  readonly keys: KeyTable
  readonly text: TextWriter
  readonly limits: TranscodeLimits
  /** Columns of promoted attributes by their index in the key table; none in nested maps. */
  readonly columns?: readonly ByteStream[]
  /** Size of the map's streams beyond which attributes are dropped, bytes. */
  readonly bytesMax?: number
}

/**
 * A name that has a column of its own: its first value that is not empty goes there, later ones stay in the map.
 * Empty values of such names count as absent. Values are stored as the OpenTelemetry ClickHouse exporter writes them.
 */
export class AttributeWriter implements ValueSink {
  /** Entries of the map so far. */
  entries = 0
  /** Bit i: the name with index i in the key table was met, and its column, if it has one here, got its value. */
  filled = 0
  #count = 0
  #key = new ByteStream()
  #keyAt = 0
  #keyLength = 0
  /** The key before the next one. */
  #last: Followers
  readonly #start: Followers
  readonly #map: MapStreams
  readonly #keys: KeyTable
  readonly #text: TextWriter
  readonly #columns: readonly ByteStream[]
  readonly #attributesMax: number
  readonly #nameBytesMax: number
  readonly #bytesMax: number

  constructor(options: AttributeWriterOptions) {
    this.#map = options.map
    this.#keys = options.keys
    this.#start = options.keys.start()
    this.#last = this.#start
    this.#text = options.text
    this.#columns = options.columns ?? []
    this.#attributesMax = options.limits.attributesMax
    this.#nameBytesMax = options.limits.nameBytesMax
    this.#bytesMax = options.bytesMax ?? UNLIMITED
  }

  begin(): void {
    this.entries = 0
    this.filled = 0
    this.#count = 0
    this.#last = this.#start
  }

  /** Name of the attribute whose value follows. */
  key(source: ByteStream, at: number, length: number): void {
    this.#key = source
    this.#keyAt = at
    this.#keyLength = length
  }

  text(source: ByteStream, at: number, length: number): void {
    const target = this.#open(this.#key, this.#keyAt, this.#keyLength, length === 0)
    if (target) this.#text.put(target, source, at, length)
  }

  /** A name and its string, both from the same source. */
  textEntry(source: ByteStream, keyAt: number, keyLength: number, at: number, length: number): void {
    const target = this.#open(source, keyAt, keyLength, length === 0)
    if (target) this.#text.put(target, source, at, length)
  }

  integer(low: number, high: number): void {
    const target = this.#open(this.#key, this.#keyAt, this.#keyLength, false)
    if (target) appendInteger(target, low, high)
  }

  double(value: number): void {
    const target = this.#open(this.#key, this.#keyAt, this.#keyLength, false)
    if (target) appendDouble(target, value)
  }

  plain(value: string): void {
    const target = this.#open(this.#key, this.#keyAt, this.#keyLength, value === '')
    if (target) appendAscii(target, value)
  }

  rendered(value: string): void {
    const target = this.#open(this.#key, this.#keyAt, this.#keyLength, value === '')
    if (target) this.#text.putString(target, value)
  }

  /** An entry that the collector adds. */
  add(name: string, value: string): void {
    appendUtf8(this.#map.keys, name)
    appendUtf8(this.#map.values, value)
    this.entries++
  }

  /** Where the value belongs; undefined when it is not stored. */
  #open(source: ByteStream, at: number, length: number, empty: boolean): ByteStream | undefined {
    if (this.#isFull()) return this.drop()
    const known = this.#find(source, at, length)
    const bit = 1 << known.column
    if (known.column < this.#columns.length && (this.filled & bit) === 0) {
      if (empty) return undefined
      this.filled |= bit
      return this.#columns[known.column]
    }
    this.filled |= bit
    this.entries++
    appendBytes(this.#map.keys, known.names, known.storedAt, known.storedLength)
    if (!known.secret || empty) return this.#map.values
    this.#text.putSecret(this.#map.values)
    return undefined
  }

  #find(source: ByteStream, at: number, length: number): KnownKey {
    const known = this.#keys.follow(this.#last, source, at, this.#nameLength(source, at, length))
    this.#last = known
    return known
  }

  #isFull(): boolean {
    const { keys, values } = this.#map
    return this.#count++ >= this.#attributesMax || keys.length + values.length > this.#bytesMax
  }

  /** Leaves an attribute out. */
  drop(): undefined {
    this.#text.truncated = true
  }

  #nameLength(source: ByteStream, at: number, length: number): number {
    if (length <= this.#nameBytesMax) return length
    this.#text.truncated = true
    return utf8CutAt(source.bytes, at, this.#nameBytesMax)
  }
}
