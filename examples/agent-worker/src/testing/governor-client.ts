import { randomUUID } from 'node:crypto'

import { GOVERNOR_PATH, governorRoute } from '@sandglass/schemas/governor'
import type { GovernorReply } from '@sandglass/schemas/governor'
import { signatureHeaders } from '@sandglass/schemas/governor/signature'

const KEEP_MS = 60_000

/** A decision as the enforcer would sign and send it. */
export interface GovernorClient {
  suspend(sandboxId: string): Promise<GovernorReply>
  resume(sandboxId: string): Promise<GovernorReply>
}

export function createGovernorClient(url: string, secret: string): GovernorClient {
  const decided = (name: string, episode: number): object => ({
    budget: 'research-cpu',
    window: 'rolling:10m',
    scope: 'team=research',
    reason: 'over_limit',
    decisionId: `d_${name}`,
    key: `k_${name}`,
    episode,
    decidedAtMs: Date.now(),
  })
  const post = async (operation: 'suspend' | 'resume', payload: object): Promise<GovernorReply> => {
    const { method, path: route } = governorRoute[operation]
    const [path, body] = [`${GOVERNOR_PATH}${route}`, JSON.stringify(payload)]
    const nonce = randomUUID()
    const headers = await signatureHeaders(secret, { method, path, body, timestampMs: Date.now(), nonce })
    const response = await fetch(new URL(path, url), { method, headers, body })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return JSON.parse(await response.text())
  }
  return {
    suspend: (sandboxId) =>
      post('suspend', {
        ...decided('suspend', 1),
        sandboxId,
        mode: 'interrupt',
        drainMs: 0,
        keepUntilMs: Date.now() + KEEP_MS,
        remedy: 'ask for a top-up',
      }),
    resume: (sandboxId) =>
      post('resume', { ...decided('resume', 2), sandboxId, wake: true, actor: 'u_77d0', ticket: 'FIN-204' }),
  }
}
