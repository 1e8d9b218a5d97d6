import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** Stream numbers of Docker's attach protocol. */
const STREAM = { stdout: 1, stderr: 2 } as const
export type OutputName = keyof typeof STREAM

/** One byte of stream number, three of zero, four of length, big-endian: then the payload. */
const HEADER_BYTES = 8

function header(name: OutputName, bytes: number): Buffer {
  const head = Buffer.alloc(HEADER_BYTES)
  head.writeUInt8(STREAM[name], 0)
  head.writeUInt32BE(bytes, 4)
  return head
}

function drained(sink: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = (): void => {
    sink.off('drain', done).off('close', done)
    resolve()
  }
  sink.on('drain', done).on('close', done)
  return promise
}

/**
 * Carries the output of one command to whoever is attached, as Docker's multiplexed frames. It reads no faster than
 * the other side; when nobody is attached, or no longer, it reads on and throws away, so the command never blocks.
 */
export class OutputFrames {
  readonly #sink: Duplex | undefined
  #open: boolean
  #waiting = 0
  #lastActiveMs = performance.now()

  constructor(sink: Duplex | undefined) {
    this.#sink = sink
    this.#open = sink !== undefined && !sink.destroyed
    sink?.on('close', () => (this.#open = false)).on('error', () => (this.#open = false))
  }

  /** Resolves when the source has ended. */
  async carry(name: OutputName, source: Socket): Promise<void> {
    try {
      for await (const chunk of source) {
        if (Buffer.isBuffer(chunk)) await this.#forward(name, chunk)
      }
    } catch {
      // Destroyed from this side when a background child would hold it open for ever.
    }
  }

  /** Whether the other side keeps up. */
  write(name: OutputName, payload: Buffer): boolean {
    if (!this.#open || this.#sink === undefined) return true
    this.#sink.write(header(name, payload.length))
    return this.#sink.write(payload)
  }

  end(): void {
    if (this.#open) this.#sink?.end()
  }

  /** Resolves when nothing was read for this long while the other side kept up. */
  async quietFor(ms: number): Promise<void> {
    const since = performance.now()
    while (this.#waiting > 0 || performance.now() - Math.max(since, this.#lastActiveMs) < ms)
      await sleep(ms / 4)
  }

  async #forward(name: OutputName, payload: Buffer): Promise<void> {
    this.#lastActiveMs = performance.now()
    if (this.write(name, payload) || this.#sink === undefined) return
    this.#waiting += 1
    await drained(this.#sink)
    this.#waiting -= 1
    this.#lastActiveMs = performance.now()
  }
}
