/** What is computed from the name of an alert. */

/** `SecretDeniedBurst` → `secret-denied-burst`. */
export function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase()
}

/** Stable id of the rule in Grafana. */
export const ruleUid = (name: string): string => `sandglass-${kebabCase(name)}`

/** Grafana's provisioning replaces the variable by its environment's value (docker-compose.yml sets it). */
export const runbookUrl = (name: string): string => `\${SANDGLASS_RUNBOOK_URL}/${name}.md`

/**
 * The command that runs the runbook's queries for one alert, to be pasted into a shell: values stand in single quotes
 * and lose their own, since a label may hold text that a sandbox chose.
 */
export function runbookCommand(name: string, labels: readonly string[]): string {
  const parameters = labels.map((label) => ` --param ${label}='{{ reReplaceAll "'" "" $labels.${label} }}'`)
  return `sandglass runbook run ${name}${parameters.join('')}`
}
