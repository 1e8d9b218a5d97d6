/** Which requests are on disk, and which are on their way there: one registry per machine, asked before rows are taken. */
import type { KeyWindow } from './key-window.ts'

/**
 * `new`: the caller has claimed it and must settle it. `durable`: on disk already, to be acknowledged without storing.
 * `pending`: another request with the same key is being committed; how that ends is not known yet.
 */
export type Verdict = 'new' | 'durable' | 'pending'

/** What a receiver needs of the registry; in a worker process it is the primary that answers. */
export interface ResendKeys {
  claim(key: Uint8Array): Verdict | Promise<Verdict>
  /** Ends claims: the requests are on disk, or they are not and may come again. */
  settle(keys: readonly Uint8Array[], durable: boolean): void
}

export class ResendRegistry {
  readonly #window: KeyWindow
  /** Owner of each claimed key. */
  readonly #pending = new Map<string, number>()

  constructor(window: KeyWindow) {
    this.#window = window
  }

  claim(key: Uint8Array, owner: number): Verdict {
    if (this.#window.has(key)) return 'durable'
    const name = nameOf(key)
    if (this.#pending.has(name)) return 'pending'
    this.#pending.set(name, owner)
    return 'new'
  }

  /** What a claim would say while logs are still being read; claims nothing. */
  look(key: Uint8Array): Verdict {
    return this.#window.has(key) ? 'durable' : 'pending'
  }

  settle(keys: readonly Uint8Array[], durable: boolean): void {
    for (const key of keys) {
      this.#pending.delete(nameOf(key))
      if (durable) this.#window.add(key)
    }
  }

  /** Ends every claim of an owner that is gone, after what it left on disk was settled. */
  release(owner: number): void {
    for (const [name, holder] of this.#pending) {
      if (holder === owner) this.#pending.delete(name)
    }
  }

  get size(): number {
    return this.#window.size
  }

  /** The registry as one owner uses it. */
  forOwner(owner: number): ResendKeys {
    return {
      claim: (key) => this.claim(key, owner),
      settle: (keys, durable) => this.settle(keys, durable),
    }
  }
}

const nameOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
