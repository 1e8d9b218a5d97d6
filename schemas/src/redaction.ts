/**
 * Takes secrets out of text before it is sent or stored; the SDK and the collector use the same rules. Imports nothing
 * but its own parts. Linear in the length of the text, on any text. What was cut is marked: `[redacted:<rule>]`.
 * Redacting what is redacted already changes nothing.
 */
import { redactNamed } from './redaction/names.ts'
import { redactRegistered } from './redaction/registered.ts'
import { redactKeyBlocks, redactShapes } from './redaction/shapes.ts'
import { mayHoldSecret } from './redaction/suspicion.ts'
import { redactCommands, redactUrls } from './redaction/urls.ts'

export { redactionMark } from './redaction/mark.ts'
export { isSecretName } from './redaction/names.ts'

export interface RedactorOptions {
  /** Values known to be secrets. Those shorter than 6 characters are ignored: they would cut innocent text everywhere. */
  readonly secrets?: readonly string[]
}

export type Redactor = (text: string) => string

const rules: readonly Redactor[] = [redactKeyBlocks, redactShapes, redactUrls, redactCommands, redactNamed]

/** The built-in rules, and one for the given secrets, whole or as they look in a URL, inside JSON or in base64. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const cutRegistered = redactRegistered(options.secrets ?? [])
  return (text) => redactKnownForms(cutRegistered(text))
}

function redactKnownForms(text: string): string {
  return mayHoldSecret(text) ? rules.reduce((clean, rule) => rule(clean), text) : text
}
