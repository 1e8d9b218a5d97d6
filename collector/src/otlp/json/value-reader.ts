/** Reads AnyValue objects. The last field that is not null counts. */
import { TextRef } from '../../transcode/text-ref.ts'
import type { TextWriter } from '../../transcode/text-writer.ts'
import { toBigInt } from '../../transcode/number-text.ts'
import { renderValue } from '../render-value.ts'
import type { OtlpValue, ValueSink } from '../value.ts'
import type { ValueBudget } from '../value-budget.ts'
import { readDouble } from './double.ts'
import {
  ARRAY_VALUE,
  BOOL_VALUE,
  BYTES_VALUE,
  DOUBLE_VALUE,
  INT_VALUE,
  KEY,
  KVLIST_VALUE,
  STRING_VALUE,
  UNKNOWN,
  VALUE,
  VALUES,
} from './field-names.ts'
import { Int64Reader } from './int64.ts'
import { END, type JsonCursor } from './json-cursor.ts'

const decoder = new TextDecoder()
const TRUE_START = 0x74

export class ValueReader {
  /** Field of the value read last; UNKNOWN for an empty one. */
  #kind = UNKNOWN
  #double = 0
  #bool = false
  /** Where a nested value begins in the body. */
  #nestedAt = 0
  readonly #text: TextRef
  readonly #int: Int64Reader
  readonly #cursor: JsonCursor
  readonly #budget: ValueBudget
  readonly #writer: TextWriter

  constructor(cursor: JsonCursor, budget: ValueBudget, writer: TextWriter) {
    this.#cursor = cursor
    this.#budget = budget
    this.#writer = writer
    this.#int = new Int64Reader(cursor)
    this.#text = new TextRef(cursor.body)
  }

  /** Reads the next value and keeps it for `give`. */
  read(): void {
    const cursor = this.#cursor
    this.#kind = UNKNOWN
    if (!cursor.enterObject()) return
    for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
      if (isValueField(field) && !cursor.takeNull()) this.#readField(field)
      else if (!isValueField(field)) cursor.skip()
    }
  }

  /** Forgets the value read last: an attribute without one is empty. */
  clear(): void {
    this.#kind = UNKNOWN
  }

  /** Gives the value read last to the sink, exactly once. */
  give(sink: ValueSink): void {
    switch (this.#kind) {
      case STRING_VALUE:
        return sink.text(this.#text.source, this.#text.at, this.#text.length)
      case BOOL_VALUE:
        return sink.plain(this.#bool ? 'true' : 'false')
      case INT_VALUE:
        return sink.integer(this.#int.low, this.#int.high)
      case DOUBLE_VALUE:
        return sink.double(this.#double)
      case UNKNOWN:
        return sink.plain('')
      default:
        return sink.rendered(renderValue(this.value()))
    }
  }

  /** The value read last as an object. */
  value(): OtlpValue {
    this.#budget.begin()
    const cursor = this.#cursor
    const behind = cursor.at
    const value = this.#toObject()
    cursor.at = behind
    if (this.#budget.exceeded) this.#writer.truncated = true
    return value
  }

  #readField(field: number): void {
    const cursor = this.#cursor
    this.#kind = field
    switch (field) {
      case STRING_VALUE:
      case BYTES_VALUE:
        cursor.string()
        return this.#text.set(cursor.source, cursor.from, cursor.length)
      case BOOL_VALUE:
        this.#bool = cursor.peek() === TRUE_START
        return cursor.literal(this.#bool ? 'true' : 'false')
      case INT_VALUE:
        return this.#int.readSigned()
      case DOUBLE_VALUE:
        this.#double = readDouble(cursor)
        return
      default:
        this.#nestedAt = cursor.at
        return cursor.skip()
    }
  }

  #toObject(): OtlpValue {
    switch (this.#kind) {
      case STRING_VALUE:
        return this.#string(this.#text)
      case BOOL_VALUE:
        return this.#bool
      case INT_VALUE:
        return toBigInt(this.#int.low, this.#int.high)
      case DOUBLE_VALUE:
        return this.#double
      case BYTES_VALUE:
        return new Uint8Array(Buffer.from(this.#string(this.#text), 'base64'))
      case ARRAY_VALUE:
        return this.#nested<OtlpValue[]>([], (into) => into.push(this.#element()))
      case KVLIST_VALUE:
        return this.#nested(new Map<string, OtlpValue>(), (into) => this.#entry(into))
      default:
        return null
    }
  }

  /** Reads the elements of `{"values": [...]}`, which begins at the place kept. */
  #nested<Into extends OtlpValue>(into: Into, readElement: (into: Into) => void): OtlpValue {
    if (!this.#budget.enter()) return null
    const cursor = this.#cursor
    cursor.at = this.#nestedAt
    cursor.enterObject()
    for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
      if (field === VALUES && cursor.enterArray()) this.#elements(() => readElement(into))
      else if (field !== VALUES) cursor.skip()
    }
    this.#budget.leave()
    return into
  }

  #elements(readElement: () => void): void {
    const cursor = this.#cursor
    while (cursor.nextElement()) {
      if (this.#budget.takeElement()) readElement()
      else cursor.skip()
    }
  }

  #element(): OtlpValue {
    this.read()
    const behind = this.#cursor.at
    const value = this.#toObject()
    this.#cursor.at = behind
    return value
  }

  #entry(into: Map<string, OtlpValue>): void {
    const cursor = this.#cursor
    let key = ''
    let value: OtlpValue = null
    if (!cursor.enterObject()) return
    for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
      if (field === KEY && !cursor.takeNull()) key = this.#readString()
      else if (field === VALUE) value = this.#element()
      else if (field !== KEY) cursor.skip()
    }
    into.set(key, value)
  }

  #readString(): string {
    const cursor = this.#cursor
    cursor.string()
    return this.#decode(cursor.source.bytes, cursor.from, cursor.length)
  }

  #string({ source, at, length }: TextRef): string {
    return this.#decode(source.bytes, at, length)
  }

  #decode(bytes: Uint8Array, at: number, length: number): string {
    return decoder.decode(bytes.subarray(at, at + this.#budget.takeText(length)))
  }
}

function isValueField(field: number): boolean {
  return field >= STRING_VALUE && field <= BYTES_VALUE
}
