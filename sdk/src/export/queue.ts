/** What waits to be sent: bounded in number and in estimated bytes. */
export interface Queue<T> {
  readonly length: number
  /** False when it was refused because the queue is full. */
  push(item: T): boolean
  /** Puts older ones before all that wait; returns those for which there is no room. */
  putBefore(older: readonly T[]): readonly T[]
  /** Removes the oldest ones that fit one batch. */
  take(recordsMax: number, bytesMax: number): T[]
}

export function createQueue<T>(itemsMax: number, bytesMax: number, sizeOf: (item: T) => number): Queue<T> {
  let items: { readonly item: T; readonly bytes: number }[] = []
  let bytes = 0

  return {
    get length() {
      return items.length
    },
    push(item) {
      const size = sizeOf(item)
      if (items.length >= itemsMax || bytes + size > bytesMax) return false
      items.push({ item, bytes: size })
      bytes += size
      return true
    },
    putBefore(older) {
      const room = Math.max(0, itemsMax - items.length)
      const kept = older.slice(0, room).map((item) => ({ item, bytes: sizeOf(item) }))
      items = [...kept, ...items]
      bytes += kept.reduce((sum, entry) => sum + entry.bytes, 0)
      return older.slice(room)
    },
    take(recordsMax, batchBytesMax) {
      let count = 0
      let taken = 0
      while (count < items.length && count < recordsMax && (count === 0 || taken < batchBytesMax)) {
        taken += items[count]?.bytes ?? 0
        count++
      }
      const batch = items.slice(0, count)
      items = items.slice(count)
      bytes -= taken
      return batch.map(({ item }) => item)
    },
  }
}
