/** What waits to be sent: bounded in number and in estimated bytes. */
export interface Queue<T> {
  readonly length: number
  /** False when it was refused because the queue is full. */
  push(item: T): boolean
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
