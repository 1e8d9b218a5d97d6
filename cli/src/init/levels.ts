/** The steps of adoption that init takes, each useful alone. */
export const LEVELS = ['L0', 'L1', 'L2'] as const
export type Level = (typeof LEVELS)[number]

export interface LevelFacts {
  readonly title: string
  /** What a Worker needs for it. */
  readonly needs: readonly string[]
  readonly leaves: string
  readonly answers: string
  /** What remains to be done by hand. */
  readonly next: readonly string[]
}

export const levelFacts: Readonly<Record<Level, LevelFacts>> = {
  L0: {
    title: 'Cloudflare’s own export, no code',
    needs: ['an observability destination called "sandglass" in the Cloudflare dashboard'],
    leaves: 'the traces and logs that Cloudflare makes of the Worker, sampled as you set it',
    answers: 'which requests reached which Durable Object, how long they took, what failed',
    next: [
      'create the destination "sandglass" in the dashboard (Workers, Observability, Destinations): the URL of your ' +
        'collector, and the header authorization: Bearer <token>',
    ],
  },
  L1: {
    title: 'the client wrapped, ten lines',
    needs: ['nodejs_compat', 'variable OTLP_ENDPOINT', 'secret OTLP_TOKEN'],
    leaves: 'names, ids, sizes, exit codes, durations, redacted command lines and errors, CPU and memory',
    answers: 'which commands ran where, what failed, what each sandbox costs by the second',
    next: ['npm install', 'npx wrangler secret put OTLP_TOKEN', 'npx wrangler deploy'],
  },
  L2: {
    title: 'tasks, tools and prompts',
    needs: ['all of L1', 'secret PROMPT_HASH_KEY'],
    leaves: 'also prompts as a keyed hash, token counts, tool names and call ids, who the work is for',
    answers: 'which prompt of whom made which command change which file, and what a task cost',
    next: [
      'npm install',
      'npx wrangler secret put OTLP_TOKEN',
      'npx wrangler secret put PROMPT_HASH_KEY   # any long random text; keep it, hashes are compared by it',
      'run the work of an agent inside of sandglass.task({ ...TASK, class: … }, …): see TASK in the new file; ' +
        'the adapters of @sandglass/sdk fill prompts and tools for the AI SDK, OpenAI Agents, MCP and Cloudflare Agents',
      'npx wrangler deploy',
    ],
  },
}
