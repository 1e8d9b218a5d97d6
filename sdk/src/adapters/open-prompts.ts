import type { OpenPrompt } from '../lineage/index.ts'

/** Model calls that a framework has begun, by its own id for them. */
export interface OpenPrompts {
  begin(key: string, prompt: OpenPrompt): void
  /** The open one by this key. */
  get(key: string): OpenPrompt | undefined
  /** The last one by this key, ended or not: the tools it asked for belong to it. */
  last(key: string): OpenPrompt | undefined
  end(key: string): void
  fail(key: string, error: unknown): void
  forget(key: string): void
}

/** Beyond this many the oldest is ended: its framework gave it up without a word. */
const KEPT_MAX = 1_000

export function createOpenPrompts(): OpenPrompts {
  const open = new Map<string, OpenPrompt>()
  const known = new Map<string, OpenPrompt>()

  function end(key: string): void {
    open.get(key)?.end()
    open.delete(key)
  }

  function forget(key: string): void {
    end(key)
    known.delete(key)
  }

  function forgetOldest(): void {
    const [oldest] = known.keys()
    if (known.size > KEPT_MAX && oldest !== undefined) forget(oldest)
  }

  return {
    begin(key, prompt) {
      end(key)
      open.set(key, prompt)
      known.delete(key)
      known.set(key, prompt)
      forgetOldest()
    },
    get: (key) => open.get(key),
    last: (key) => known.get(key),
    end,
    fail(key, error) {
      open.get(key)?.fail(error)
      end(key)
    },
    forget,
  }
}
