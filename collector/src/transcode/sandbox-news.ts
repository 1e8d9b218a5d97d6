/** What the events of one request say of sandboxes, told once the request is accepted. */
import { event } from '@sandglass/schemas/semconv'
import type { SandboxNews, Sandboxes } from '../enrich/sandbox-context.ts'
import { encodeString } from './append.ts'
import type { ByteStream } from './byte-stream.ts'
import { sameRange } from './encoded-string.ts'

/** Events that say whose a sandbox is and what runs in it. */
const telling = [event.taskStarted, event.taskHeartbeat, event.taskFinished, event.lifecycleChanged].map(
  encodeString,
)

/** Whether the last string of `names`, from `at` on, is an event of interest. */
export function tellsOfSandbox(names: ByteStream, at: number): boolean {
  return telling.some((name) => sameRange(names, at, names.length, name))
}

export class NewsBuffer {
  readonly #sandboxes: Sandboxes
  #news: SandboxNews[] = []

  constructor(sandboxes: Sandboxes) {
    this.#sandboxes = sandboxes
  }

  add(news: SandboxNews): void {
    this.#news.push(news)
  }

  clear(): void {
    this.#news = []
  }

  tell(): void {
    for (const news of this.#news) this.#sandboxes.learn?.(news)
    this.clear()
  }
}
