export type Signal = 'spans' | 'events'

/** One serialized request. It is sent again byte for byte, so that a receiver can recognise it. */
export interface Parcel {
  readonly signal: Signal
  readonly body: Uint8Array<ArrayBuffer>
  readonly records: number
  /** Type of a body that an earlier isolate made; the encoder's when absent. */
  readonly contentType?: string | undefined
  /** Where the outbox keeps it. */
  readonly key?: string | undefined
}

export interface ParcelStore {
  readonly length: number
  /** Keeps a parcel for later; returns the ones that had to go for it, oldest first. */
  keep(parcel: Parcel): readonly Parcel[]
  takeAll(): Parcel[]
}

export function createParcelStore(bytesMax: number): ParcelStore {
  let parcels: Parcel[] = []
  let bytes = 0
  return {
    get length() {
      return parcels.length
    },
    keep(parcel) {
      parcels.push(parcel)
      bytes += parcel.body.length
      const gone: Parcel[] = []
      while (bytes > bytesMax) {
        const oldest = parcels.shift()
        if (oldest === undefined) break
        bytes -= oldest.body.length
        gone.push(oldest)
      }
      return gone
    },
    takeAll() {
      const all = parcels
      parcels = []
      bytes = 0
      return all
    },
  }
}
