import { parseJson } from '../../wrap/parse-json.ts'
import { LINE_CHARS_MAX } from './limits.ts'

/** Reads server-sent events of one line of JSON each from the chunks of a stream, wherever those were cut. */
export function readEventLines(onEvent: (event: unknown) => void): (chunk: unknown) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    if (!(chunk instanceof Uint8Array)) return
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    // A line that was cut is no JSON.
    rest = (lines.pop() ?? '').slice(0, LINE_CHARS_MAX)
    for (const line of lines) if (line.startsWith('data:')) onEvent(parseJson(line.slice(5)))
  }
}
