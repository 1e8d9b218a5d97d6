import type { PromptSource } from '../index.ts'
import { read, readText } from '../operations/read.ts'

/** What a model is asked now: the last message, and who speaks in it. */
export interface Asked {
  readonly text: string
  readonly source: PromptSource
}

const SOURCES: Readonly<Record<string, PromptSource>> = {
  user: 'user',
  system: 'system',
  developer: 'system',
  tool: 'tool_result',
}
/** Items that carry the answer of a tool although they have no role. */
const RESULT = /(?:result|output)$/

const isBytes = (value: unknown): boolean => ArrayBuffer.isView(value) || value instanceof ArrayBuffer

/** An image as JSON would be ten times its size. */
const withoutBytes = (part: unknown): unknown =>
  typeof part === 'object' && part !== null && !Array.isArray(part)
    ? Object.fromEntries(Object.entries(part).filter(([, value]) => !isBytes(value)))
    : part

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part
  const text = readText(part, 'text')
  if (text !== undefined) return text
  try {
    return JSON.stringify(withoutBytes(part)) ?? ''
  } catch {
    return ''
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map(textOfPart).join('\n') : textOfPart(content)
}

/** Reads a list of messages in any of the shapes that frameworks have; an answer of the model's asks nothing. */
export function lastAsked(messages: unknown): Asked {
  if (typeof messages === 'string') return { text: messages, source: 'user' }
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined
  const role = readText(last, 'role')
  const isResult = RESULT.test(readText(last, 'type') ?? '')
  const source = isResult ? 'tool_result' : (SOURCES[role ?? ''] ?? 'user')
  return { text: last === undefined ? '' : textOf(read(last, 'content') ?? last), source }
}
