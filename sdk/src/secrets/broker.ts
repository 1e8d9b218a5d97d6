import { attr, event } from '@sandglass/schemas/semconv'
import { emitEvent, whereNow, type Instrument, type Where } from '../instrument.ts'
import type { PolicyEngine } from '../policy/control.ts'
import { DEFAULT_RULE } from '../policy/evaluate.ts'
import { SandglassPolicyError } from '../policy/errors.ts'
import type { SecretRequest, Secrets } from './types.ts'

export function createSecrets(instrument: Instrument, policy: PolicyEngine): Secrets {
  function record(request: SecretRequest, at: Where, outcome: 'allowed' | 'denied', rule: string): void {
    emitEvent(instrument, instrument.scopes.getStore(), at, event.secretAccessed, {
      [attr.secretName]: request.name,
      [attr.secretOutcome]: outcome,
      [attr.secretChannel]: request.channel,
      [attr.secretDetection]: 'broker',
      [attr.secretCredentialId]: request.credentialId,
      [attr.secretVersion]: request.version,
      [attr.secretExpiresAt]: request.expiresAt,
      [attr.secretRule]: rule === DEFAULT_RULE ? undefined : rule,
    })
  }

  return {
    register: (value) => instrument.guard(() => instrument.boundary.register(value)) ?? false,
    async access(request, resolve) {
      const at = whereNow(instrument)
      const decision = policy.decide({ kind: 'secret', subject: request.name }, at)
      record(request, at, decision.action === 'blocked' ? 'denied' : 'allowed', decision.rule)
      if (decision.action === 'blocked') throw new SandglassPolicyError(decision, policy.document?.id ?? '')
      const value = await resolve()
      if (typeof value === 'string') instrument.boundary.register(value)
      return value
    },
  }
}
