import type { PromptSource, Task } from '@sandglass/sdk'

/** Nobody's model: nothing is called, the answers are in the script. Give it a price to see what it would cost. */
const MODEL = { model: 'scripted-1', provider: 'scripted' } as const

/** Rule of thumb for English and code: one token is about four characters. */
const CHARACTERS_PER_TOKEN = 4

function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}

/** A conversation whose answers are scripted. Its tokens are counted from the real lengths of the texts. */
export class ScriptedModel {
  readonly #task: Task
  #context = ''
  #turn = 0

  constructor(task: Task) {
    this.#task = task
  }

  /** Says `text` to the model and gives back the scripted answer; the whole conversation so far counts as input. */
  async ask(source: PromptSource, text: string, answer: string): Promise<string> {
    const cachedInputTokens = tokensOf(this.#context)
    this.#context += text
    this.#turn += 1
    const responseId = `${this.#task.id}-${this.#turn}`
    await this.#task.prompt({ text, source, ...MODEL }, (prompt) => {
      const [inputTokens, outputTokens] = [tokensOf(this.#context), tokensOf(answer)]
      prompt.usage({ inputTokens, outputTokens, cachedInputTokens, responseId, source: 'estimate' })
      prompt.answer(answer)
    })
    this.#context += answer
    return answer
  }
}
