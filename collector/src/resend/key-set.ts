/** A set of 16-byte keys in one typed array: 16 bytes a slot instead of the hundred of a JavaScript Set. */
import { KEY_BYTES } from '../wal/side-file.ts'

const WORDS = KEY_BYTES / 4
const SLOTS_MIN = 1024
/** Beyond this share of slots in use the set doubles; probes stay short. */
const LOAD_MAX = 0.7

/** Keys must be spread evenly, as digests are. */
export class KeySet {
  #words = new Uint32Array(SLOTS_MIN * WORDS)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(key: Uint8Array): boolean {
    const [a, b, c, d] = wordsOf(key)
    return this.#words[this.#slotOf(a, b, c, d)] !== 0
  }

  add(key: Uint8Array): void {
    if (this.#size >= (this.#words.length / WORDS) * LOAD_MAX) this.#grow()
    this.#insert(...wordsOf(key))
  }

  #insert(a: number, b: number, c: number, d: number): void {
    const at = this.#slotOf(a, b, c, d)
    if (this.#words[at] !== 0) return
    this.#words[at] = a
    this.#words[at + 1] = b
    this.#words[at + 2] = c
    this.#words[at + 3] = d
    this.#size += 1
  }

  /** Index of the key's first word, or of the free slot where it belongs. */
  #slotOf(a: number, b: number, c: number, d: number): number {
    const words = this.#words
    const mask = words.length - 1
    let at = (b * WORDS) & mask
    while (words[at] !== 0) {
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return at
      at = (at + WORDS) & mask
    }
    return at
  }

  #grow(): void {
    const old = this.#words
    this.#words = new Uint32Array(old.length * 2)
    this.#size = 0
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at] !== 0) this.#insert(old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0, old[at + 3] ?? 0)
    }
  }
}

/** A first word of 0 marks a free slot, so 0 is taken as 1. */
function wordsOf(key: Uint8Array): [number, number, number, number] {
  const view = new DataView(key.buffer, key.byteOffset, KEY_BYTES)
  return [view.getUint32(0) || 1, view.getUint32(4), view.getUint32(8), view.getUint32(12)]
}
