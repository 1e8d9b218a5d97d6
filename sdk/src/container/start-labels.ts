import { attr, type AttributeName } from '@sandglass/schemas/semconv'
import type { Scope } from '../context/scope.ts'
import { withOption } from './with-option.ts'

/** Labels by which the provider's own billing data is read again, and what of the running task they say. */
const LABELS: Readonly<Record<string, AttributeName>> = {
  team: attr.teamId,
  task: attr.taskId,
  tier: attr.tier,
}

function labelsOf({ frame }: Scope): Record<string, string> {
  const said = Object.entries(LABELS).map(([label, name]) => [label, frame.facts[name]] as const)
  return Object.fromEntries(said.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The arguments of `start` with labels of the task it is called in. Labels of the caller's own stay, and options that
 * the container will refuse stay as they are.
 */
export function withLabels(scope: Scope | undefined, args: unknown[]): unknown[] {
  if (scope === undefined) return args
  // Without options a container has no internet: with them, that must be said.
  const [given = { enableInternet: false }, ...rest] = args
  if (!isRecord(given)) return args
  const own = given['labels']
  if (own !== undefined && !isRecord(own)) return args
  const labels = { ...labelsOf(scope), ...own }
  return Object.keys(labels).length === 0 ? args : [withOption(given, 'labels', labels), ...rest]
}
