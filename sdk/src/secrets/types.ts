import type { attr, values } from '@sandglass/schemas/semconv'

/** How a secret reaches the sandbox. */
export type SecretChannel = (typeof values)[typeof attr.secretChannel][number]

/** A secret that is asked for, by its name. */
export interface SecretRequest {
  readonly name: string
  /** How the value is to reach the sandbox. */
  readonly channel: SecretChannel
  readonly credentialId?: string | undefined
  readonly version?: string | undefined
  /** Unix time in milliseconds at which the credential ends. */
  readonly expiresAt?: number | undefined
}

/** Secrets as their host hands them out. */
export interface Secrets {
  /**
   * Asks the policy, records `sandbox.secret.accessed`, then resolves the value and registers it for redaction.
   * In enforce mode a denial throws `SandglassPolicyError` and `resolve` is not called. Commands that use the name or
   * the value from then on are told as uses too, with the detection `command_text`.
   */
  access<T extends string | undefined>(request: SecretRequest, resolve: () => T | Promise<T>): Promise<T>
  /**
   * Values that must never leave, wherever they appear. Shorter than 6 characters are refused: false. With a name,
   * commands that use the name or the value are told as uses of the secret.
   */
  register(value: string, name?: string): boolean
  /** A file of the sandbox that holds a secret: commands and calls that read it are told, detection `file_read`. */
  file(path: string, name: string): void
}
