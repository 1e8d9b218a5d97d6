import type { PolicyDecision } from './types.ts'

/** A policy in enforce mode denied an operation; nothing of it was done. */
export class SandglassPolicyError extends Error {
  override readonly name = 'SandglassPolicyError'
  readonly code = 'SANDGLASS_POLICY_DENIED'
  readonly decision: PolicyDecision

  constructor(decision: PolicyDecision, policyId: string) {
    const { kind, subject, rule } = decision
    super(
      `policy ${policyId} denies ${kind} "${subject}" by rule ${rule}: ask for an override, or change the rule`,
    )
    this.decision = decision
  }
}

/** An override broke a bound of the policy: no approver, no ticket, too long a life. */
export class SandglassOverrideError extends Error {
  override readonly name = 'SandglassOverrideError'
  readonly code = 'SANDGLASS_OVERRIDE_INVALID'
}
