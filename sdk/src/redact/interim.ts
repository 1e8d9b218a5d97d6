/** Replaced by @sandglass/schemas/redaction as soon as that lands. */
export function createRedactor({
  secrets,
}: {
  readonly secrets: readonly string[]
}): (text: string) => string {
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[REDACTED]'), text)
}
