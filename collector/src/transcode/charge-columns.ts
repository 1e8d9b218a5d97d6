/** The charges of otel_logs: arrays with one element per charge, empty for records that carry no money. */
import { appendByte, appendOffset, appendUtf8, appendWords } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import type { PricedEvent } from './price.ts'
import type { ColumnStreams } from './table-block.ts'
import type { TextWriter } from './text-writer.ts'

export class ChargeColumns {
  readonly #text: TextWriter
  readonly #offsets = new ByteStream()
  readonly #taskIds = new ByteStream()
  readonly #skus = new ByteStream()
  readonly #quantities = new ByteStream()
  readonly #units = new ByteStream()
  readonly #costs = new ByteStream()
  readonly #priceVersions = new ByteStream()

  constructor(text: TextWriter) {
    this.#text = text
  }

  streams(): ColumnStreams {
    const array = (elements: ByteStream): readonly ByteStream[] => [this.#offsets, elements]
    return {
      'Charges.TaskId': array(this.#taskIds),
      'Charges.Sku': array(this.#skus),
      'Charges.Quantity': array(this.#quantities),
      'Charges.Unit': array(this.#units),
      'Charges.CostUsd': array(this.#costs),
      PriceVersion: [this.#priceVersions],
    }
  }

  putNone(): void {
    appendOffset(this.#offsets, 0)
    appendByte(this.#priceVersions, 0)
  }

  put({ priceVersion, charges }: PricedEvent): void {
    for (const charge of charges) {
      this.#text.putString(this.#taskIds, charge.taskId)
      this.#text.putString(this.#skus, charge.sku)
      appendInt128(this.#quantities, charge.quantity)
      appendUtf8(this.#units, charge.unit)
      appendInt128(this.#costs, charge.costUsd)
    }
    appendOffset(this.#offsets, charges.length)
    appendUtf8(this.#priceVersions, priceVersion)
  }
}

const WORD_BITS = 32n

/** Decimal(38, 12) is a little-endian Int128 of 1e-12 units. */
function appendInt128(target: ByteStream, value: bigint): void {
  const word = (index: bigint): number => Number(BigInt.asIntN(32, value >> (index * WORD_BITS)))
  appendWords(target, word(0n), word(1n))
  appendWords(target, word(2n), word(3n))
}
