import { parseJson } from './parse-json.ts'

/** A last event longer than this is not understood: those that say how it went are short. */
const TAIL_BYTES = 4_096

/** The end of a stream of server-sent events, kept while it flows by. */
export class EventTail {
  #bytes = new Uint8Array()

  add(chunk: unknown): void {
    if (!(chunk instanceof Uint8Array)) return
    const end = chunk.subarray(-TAIL_BYTES)
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length + end.length - TAIL_BYTES))
    const joined = new Uint8Array(kept.length + end.length)
    joined.set(kept)
    joined.set(end, kept.length)
    this.#bytes = joined
  }

  /** The last event, parsed; undefined for one that is no JSON. */
  last(): unknown {
    const text = new TextDecoder().decode(this.#bytes)
    return parseJson(text.slice(text.lastIndexOf('data:') + 'data:'.length))
  }
}
