/** What is computed from the name of an alert. */
import { kebabCase, runbookUid } from '@sandglass/dashboards'

/** Stable id of the rule in Grafana. */
export const ruleUid = (name: string): string => `sandglass-${kebabCase(name)}`

/**
 * Opens the runbook as a dashboard, filled for the alert. A template: Grafana puts its own address and the labels in.
 * Its address ends with a slash or not, depending on how it was configured.
 */
export function runbookUrl(name: string, labels: readonly string[]): string {
  const variables = labels.map((label) => `var-${label}={{ urlquery $labels.${label} }}`)
  return `{{ reReplaceAll "/+\\\\z" "" externalURL }}/d/${runbookUid(name)}?${variables.join('&')}`
}

/**
 * The command that runs the runbook's queries for one alert, to be pasted into a shell: values stand in single quotes
 * and lose their own, since a label may hold text that a sandbox chose.
 */
export function runbookCommand(name: string, labels: readonly string[]): string {
  const parameters = labels.map((label) => ` --param ${label}='{{ reReplaceAll "'" "" $labels.${label} }}'`)
  return `sandglass runbook run ${name}${parameters.join('')}`
}
