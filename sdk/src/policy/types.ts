import type { PolicyInput, PolicyVerdict, SubjectKind } from '@sandglass/schemas/policy'
import type { Actor } from '../lineage/task-spec.ts'

/** What is asked for: a command line, a path, a host, a secret's name, a port or debug access. */
export interface PolicySubject {
  readonly kind: SubjectKind
  readonly subject: string
}

/** What the policy says of a subject, and what becomes of it. */
export interface PolicyDecision extends PolicySubject {
  readonly verdict: PolicyVerdict
  /** `blocked` only in enforce mode. */
  readonly action: 'allowed' | 'blocked'
  /** Id of the rule that decided, `default`, or `too_long` for a subject of more than 32,768 characters. */
  readonly rule: string
  readonly overrideId?: string | undefined
}

/** What an override covers; parts that are absent cover everything. */
export interface OverrideScope {
  readonly task?: string | undefined
  readonly sandbox?: string | undefined
  readonly rule?: string | undefined
  readonly kind?: SubjectKind | undefined
  readonly subject?: string | undefined
}

/** A request to allow for a while what the policy denies. */
export interface OverrideSpec {
  readonly actor: Actor
  readonly reason: string
  readonly ticket: string
  readonly scope: OverrideScope
  /** Milliseconds from now; at most the policy's `lifeMsMax`. */
  readonly expiresInMs: number
  /** Opaque id of the second person; mandatory for the policy's `approverTiers`, never the actor. */
  readonly approver?: string | undefined
}

/** An override that is active, until `expiresAt`, Unix time in milliseconds. */
export interface Override extends Omit<OverrideSpec, 'expiresInMs'> {
  readonly id: string
  /** Unix time, milliseconds. */
  readonly expiresAt: number
}

/** The policy as its host uses it. */
export interface PolicyControl {
  readonly document: PolicyInput | undefined
  /** Evaluates, records, and in enforce mode throws {@link SandglassPolicyError} on a denial. */
  check(subject: PolicySubject): PolicyDecision
  /** Records an override and lets it take effect. Throws `SandglassOverrideError` when it breaks the bounds. */
  override(spec: OverrideSpec): Override
  /** Ends an override before its time. */
  revoke(overrideId: string, by: Actor, reason?: string): void
  active(): readonly Override[]
}
