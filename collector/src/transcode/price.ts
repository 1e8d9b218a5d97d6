/** Charges of the events that carry money, as the transcoder needs them. */
import { event } from '@sandglass/schemas/semconv'

export interface Charge {
  readonly taskId: string
  readonly sku: string
  /** In units of 1e-12. */
  readonly quantity: bigint
  readonly unit: string
  /** In units of 1e-12 USD. */
  readonly costUsd: bigint
}

export interface PricedEvent {
  /** Version of the price book that made the charges. */
  readonly priceVersion: string
  readonly charges: readonly Charge[]
}

/** Prices one event; throws when its attributes are not what the event must carry. */
export type Price = (
  eventName: string,
  attributes: ReadonlyMap<string, unknown>,
  timestampMs: number,
) => PricedEvent

export const pricedEvents: readonly string[] = [event.usageMeasured, event.inferenceMeasured]
