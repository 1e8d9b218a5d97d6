import type { ModelUsage } from '../../index.ts'
import { read, readNumber } from '../../operations/read.ts'

/** Tokens as the AI SDK counts them, cached ones among the input. */
export function usageOf(usage: unknown): ModelUsage {
  return {
    inputTokens: readNumber(usage, 'inputTokens') ?? 0,
    outputTokens: readNumber(usage, 'outputTokens') ?? 0,
    cachedInputTokens: readNumber(read(usage, 'inputTokenDetails'), 'cacheReadTokens'),
    reasoningTokens: readNumber(read(usage, 'outputTokenDetails'), 'reasoningTokens'),
  }
}
