import type { attr, values } from '@sandglass/schemas/semconv'

export type SecretChannel = (typeof values)[typeof attr.secretChannel][number]

export interface SecretRequest {
  readonly name: string
  /** How the value is to reach the sandbox. */
  readonly channel: SecretChannel
  readonly credentialId?: string | undefined
  readonly version?: string | undefined
  /** Unix time in milliseconds at which the credential ends. */
  readonly expiresAt?: number | undefined
}

export interface Secrets {
  /**
   * Asks the policy, records `sandbox.secret.accessed`, then resolves the value and registers it for redaction.
   * In enforce mode a denial throws `SandglassPolicyError` and `resolve` is not called.
   */
  access<T extends string | undefined>(request: SecretRequest, resolve: () => T | Promise<T>): Promise<T>
  /** Values that must never leave, wherever they appear. Shorter than 6 characters are refused: false. */
  register(value: string): boolean
}
