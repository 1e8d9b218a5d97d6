import type { ServerResponse } from 'node:http'

/** A server-sent-event answer. Events after the other side has left are dropped. */
export class EventStream {
  readonly #response: ServerResponse
  /** Resolves once nobody reads any more, or it was ended. */
  readonly closed: Promise<void>

  constructor(response: ServerResponse) {
    this.#response = response
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    response.on('close', resolve)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.flushHeaders()
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  send(event: Readonly<Record<string, unknown>>): void {
    if (this.isOpen) this.#response.write(`data: ${JSON.stringify(event)}\n\n`)
  }

  /** The same, and waits while the other side does not keep up. */
  async sendAll(events: AsyncIterable<Readonly<Record<string, unknown>>>): Promise<void> {
    for await (const event of events) {
      if (!this.isOpen) return
      if (!this.#response.write(`data: ${JSON.stringify(event)}\n\n`)) await this.#drained()
    }
  }

  end(): void {
    this.#response.end()
  }

  #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#response.once('drain', resolve).once('close', resolve)
    return promise
  }
}
