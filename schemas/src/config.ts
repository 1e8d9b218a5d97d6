/** Configuration files: YAML, `${NAME}` taken from the environment, every problem reported at once. */
import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import type { z } from 'zod'

/** The configuration cannot be used. `problems` names every fault, with the value found and what is expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(source: string, problems: readonly string[]) {
    super(`${source}: ${problems.length} problem(s)\n${problems.map((p) => `  - ${p}`).join('\n')}`)
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads and checks a YAML file; without a path, the schema's defaults. Throws ConfigError. */
export function loadConfig<S extends z.ZodType>(
  schema: S,
  path: string | undefined,
  env: Environment,
): z.infer<S> {
  return parseConfig(schema, path === undefined ? '' : readText(path), env, path ?? 'default configuration')
}

/** Checks YAML text against a schema. Throws ConfigError with all problems. */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  text: string,
  env: Environment,
  source: string,
): z.infer<S> {
  const problems: string[] = []
  const document = substitute(decodeYaml(text, source) ?? {}, env, '', problems)
  const result = schema.safeParse(document, { reportInput: true })
  if (!result.success) problems.push(...result.error.issues.map(renderIssue))
  if (problems.length > 0 || !result.success) throw new ConfigError(source, problems)
  return result.data
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(path, [`cannot be read: ${error instanceof Error ? error.message : String(error)}`])
  }
}

function decodeYaml(text: string, source: string): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    throw new ConfigError(source, [`not YAML: ${error instanceof Error ? error.message : String(error)}`])
  }
}

/** Replaces `${NAME}` in every string; a name that is not set is a problem, never an empty string. */
function substitute(value: unknown, env: Environment, path: string, problems: string[]): unknown {
  if (typeof value === 'string') return substituteText(value, env, path, problems)
  if (Array.isArray(value)) return value.map((item, i) => substitute(item, env, `${path}[${i}]`, problems))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      substitute(item, env, path === '' ? key : `${path}.${key}`, problems),
    ]),
  )
}

function substituteText(text: string, env: Environment, path: string, problems: string[]): string {
  return text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
    const found = env[name]
    if (found === undefined) problems.push(`${path}: environment variable ${name} is not set`)
    return found ?? whole
  })
}

function renderIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
  const hidden = issue.input === undefined || SECRET_PATH.test(path)
  const found = hidden ? '' : ` (found ${renderFound(issue.input)})`
  return `${path.replace(/^\./, '') || 'document'}: ${issue.message}${found}`
}

const FOUND_CHARACTERS_MAX = 80
/** Values under these names are never printed. */
const SECRET_PATH = /token|secret|password|credential|key/i

function renderFound(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > FOUND_CHARACTERS_MAX ? `${text.slice(0, FOUND_CHARACTERS_MAX)}…` : text
}
