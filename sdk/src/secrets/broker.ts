import { attr, event } from '@sandglass/schemas/semconv'
import { emitEvent, whereNow, type Instrument, type Where } from '../instrument.ts'
import type { PolicyEngine } from '../policy/control.ts'
import { DEFAULT_RULE } from '../policy/evaluate.ts'
import { SandglassPolicyError } from '../policy/errors.ts'
import type { Sighting } from './sightings.ts'
import type { SecretRequest, Secrets } from './types.ts'

/** A use that was seen has happened: the policy can say that it should not have, and block nothing. */
function recordSighting(
  instrument: Instrument,
  policy: PolicyEngine,
  { name, detection, facts }: Sighting,
  at: Where,
): void {
  const { rule } = policy.decide({ kind: 'secret', subject: name }, at, { after: true })
  emitEvent(instrument, instrument.scopes.getStore(), at, event.secretAccessed, {
    [attr.operation]: facts[attr.operation],
    [attr.commandLine]: facts[attr.commandLine],
    [attr.executableName]: facts[attr.executableName],
    [attr.secretName]: name,
    [attr.secretOutcome]: 'allowed',
    [attr.secretChannel]: detection === 'file_read' ? 'file' : 'env',
    [attr.secretDetection]: detection,
    [attr.secretRule]: rule === DEFAULT_RULE ? undefined : rule,
  })
}

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

  const { boundary, guard, sightings } = instrument
  sightings.onSight((sighting, at) => recordSighting(instrument, policy, sighting, at))

  return {
    register(value, name) {
      if (name !== undefined) guard(() => sightings.addName(name, value))
      return guard(() => boundary.register(value)) ?? false
    },
    file: (path, name) => guard(() => sightings.addFile(path, name)),
    async access(request, resolve) {
      const at = whereNow(instrument)
      const decision = policy.decide({ kind: 'secret', subject: request.name }, at)
      record(request, at, decision.action === 'blocked' ? 'denied' : 'allowed', decision.rule)
      if (decision.action === 'blocked') throw new SandglassPolicyError(decision, policy.document?.id ?? '')
      const value = await resolve()
      guard(() => sightings.addName(request.name, value))
      if (typeof value === 'string') boundary.register(value)
      return value
    },
  }
}
