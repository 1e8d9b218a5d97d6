/** Charge lines of one usage interval: CPU to the tasks that used it, provisioned time in equal parts to the tasks that ran. */
import {
  ChargeError,
  readAmount,
  readList,
  readText,
  requireAmount,
  toAmount,
  type ChargeAttributes,
} from './attributes.ts'
import { equalWeights } from './split.ts'
import type { ChargeLine, PricedLines } from './line.ts'
import { editionAt, egressSku, QUANTITY_DIGITS, type PriceBook, type PriceEdition } from '../price-book.ts'
import { attr } from '../semconv.ts'

/** Bytes of a GB of egress: 1e9, so that one byte is 1000 of 1e-12 GB. */
const EGRESS_QUANTITY_PER_BYTE = 1000n

const MS_PER_S = 1000n

/** Longest interval that is believed. Meters report every few seconds. */
const INTERVAL_MS_MAX = 24n * 3600n * MS_PER_S

interface Interval {
  readonly startMs: bigint
  readonly durationMs: bigint
  /** [''] when nothing ran. */
  readonly taskIds: readonly string[]
  readonly cpuWeights: readonly bigint[]
}

export function usageLines(attributes: ChargeAttributes, _timestampMs: number, book: PriceBook): PricedLines {
  const interval = readInterval(attributes)
  const edition = editionAt(book, Number(interval.startMs))
  const lines = readQuantities(attributes, interval, edition)
    .filter(({ quantity }) => quantity > 0n)
    .map(({ sku, quantity, byCpu }) => ({
      sku,
      quantity,
      price: requirePrice(edition, sku),
      taskIds: interval.taskIds,
      weights: byCpu ? interval.cpuWeights : equalWeights(interval.taskIds.length),
    }))
  return { priceVersion: edition.version, lines }
}

interface Quantity {
  readonly sku: string
  readonly quantity: bigint
  /** Shared by active CPU; otherwise in equal parts. */
  readonly byCpu: boolean
}

function readQuantities(
  attributes: ChargeAttributes,
  { durationMs }: Interval,
  edition: PriceEdition,
): readonly Quantity[] {
  const instance = edition.instances.get(readText(attributes, attr.instanceType))
  const provisioned = (name: string, perSecond: bigint | undefined): bigint =>
    readAmount(attributes, name, QUANTITY_DIGITS) ?? ((perSecond ?? 0n) * durationMs) / MS_PER_S
  const egressBytes = readAmount(attributes, attr.egressSize, 0) ?? 0n
  return [
    { sku: 'container.cpu', quantity: requireAmount(attributes, attr.cpuTime, QUANTITY_DIGITS), byCpu: true },
    { sku: 'container.memory', quantity: provisioned(attr.memoryTime, instance?.memoryGib), byCpu: false },
    { sku: 'container.disk', quantity: provisioned(attr.diskTime, instance?.diskGb), byCpu: false },
    {
      sku: egressSku(readText(attributes, attr.cloudRegion)),
      quantity: egressBytes * EGRESS_QUANTITY_PER_BYTE,
      byCpu: false,
    },
    {
      sku: 'durable_object.duration',
      quantity: (edition.durableObjectGb * durationMs) / MS_PER_S,
      byCpu: false,
    },
  ]
}

function readInterval(attributes: ChargeAttributes): Interval {
  const startMs = requireAmount(attributes, attr.usageStart, 0)
  const endMs = requireAmount(attributes, attr.usageEnd, 0)
  const durationMs = endMs - startMs
  if (durationMs < 0n || durationMs > INTERVAL_MS_MAX) {
    throw new ChargeError(
      `interval [${startMs}, ${endMs}) lasts ${durationMs} ms: expected 0 to ${INTERVAL_MS_MAX}`,
    )
  }
  return { startMs, durationMs, ...readTasks(attributes) }
}

function readTasks(attributes: ChargeAttributes): Pick<Interval, 'taskIds' | 'cpuWeights'> {
  const taskIds = readList(attributes, attr.usageTaskIds).map(String)
  const cpuTimes = readList(attributes, attr.usageTaskCpuTimes)
  if (taskIds.length === 0) return { taskIds: [''], cpuWeights: [1n] }
  if (cpuTimes.length === 0) return { taskIds, cpuWeights: equalWeights(taskIds.length) }
  if (cpuTimes.length !== taskIds.length) {
    throw new ChargeError(
      `${attr.usageTaskCpuTimes} has ${cpuTimes.length} elements for ${taskIds.length} tasks: give one each`,
    )
  }
  return {
    taskIds,
    cpuWeights: cpuTimes.map((seconds) => toAmount(seconds, attr.usageTaskCpuTimes, QUANTITY_DIGITS)),
  }
}

function requirePrice(edition: PriceEdition, sku: string): ChargeLine['price'] {
  const price = edition.skus.get(sku)
  if (price === undefined) {
    throw new ChargeError(`price book edition ${edition.version} has no price for ${sku}: add it`)
  }
  return price
}
