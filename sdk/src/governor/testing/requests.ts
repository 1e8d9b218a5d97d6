/** Payloads of the governor's API, each a new episode. */
let episodes = 0
export const decided = (over: object = {}) => {
  const episode = ++episodes
  return {
    budget: 'payments-daily',
    window: 'calendar:day@UTC',
    scope: 'team=payments',
    reason: 'spend_over_limit',
    decisionId: `dec_${episode}`,
    key: `key_${episode}`,
    episode,
    decidedAtMs: Date.now(),
    ...over,
  }
}
export const suspension = (sandboxId: string, over: object = {}) => ({
  ...decided(),
  sandboxId,
  mode: 'interrupt',
  drainMs: 0,
  keepUntilMs: Date.now() + 1000,
  remedy: 'ask for an override',
  ...over,
})
export const resumption = (sandboxId: string, over: object = {}) => ({
  ...decided(),
  sandboxId,
  wake: true,
  actor: 'u_1',
  ticket: 'OPS-1',
  ...over,
})
