import type { Agent } from './agent.ts'
import { burn } from './burn.ts'
import { codeFix } from './code-fix.ts'
import { transform } from './transform.ts'
import { untrustedPrompt } from './untrusted-prompt.ts'

/** Every agent of this Worker by the name it is asked for. */
export const agents: Readonly<Record<string, Agent>> = {
  'code-fix': codeFix,
  transform,
  'untrusted-prompt': untrustedPrompt,
  burn,
}

export type { Agent, AgentOptions, AgentResult } from './agent.ts'
