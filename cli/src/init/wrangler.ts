/** Reads a project's Wrangler configuration, and says how it must change. */
import { UsageError } from '../errors.ts'
import { addNew, addTo, parseJsonc } from './jsonc.ts'

/** What is needed to know of a Worker. */
export interface WranglerConfig {
  readonly name: string
  /** Entry, relative to the configuration. */
  readonly main: string
  readonly hasNodejsCompat: boolean
  readonly hasEndpoint: boolean
  readonly hasObservability: boolean
  /** Size of its container, when there is one kind. */
  readonly instanceType: string | undefined
}

/** The three changes that levels ask for. */
export interface WranglerEdits {
  readonly nodejsCompat: (text: string) => string
  readonly endpoint: (text: string, url: string) => string
  readonly observability: (text: string) => string
}

const ENDPOINT = 'OTLP_ENDPOINT'
const DESTINATION = 'sandglass'

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

export function readJsonc(text: string, path: string): WranglerConfig {
  const config = parseJsonc(text)
  if (config === undefined)
    throw new UsageError(`${path} is not an object of JSON: mend it, then run init again`)
  const containers = listOf(config['containers'])
  return {
    name: textOf(config['name']) ?? 'worker',
    main: textOf(config['main']) ?? missingMain(path),
    hasNodejsCompat: listOf(config['compatibility_flags']).includes('nodejs_compat'),
    hasEndpoint: propertyOf(config['vars'], ENDPOINT) !== undefined,
    hasObservability: config['observability'] !== undefined,
    instanceType: containers.length === 1 ? textOf(propertyOf(containers[0], 'instance_type')) : undefined,
  }
}

function missingMain(path: string): never {
  throw new UsageError(`${path} names no "main": add the path of the Worker's entry, then run init again`)
}

export const jsoncEdits: WranglerEdits = {
  nodejsCompat: (text) => addTo(text, 'compatibility_flags', '[]', '"nodejs_compat"'),
  endpoint: (text, url) => addTo(text, 'vars', '{}', `"${ENDPOINT}": ${JSON.stringify(url)}`),
  observability: (text) =>
    addNew(
      text,
      'observability',
      JSON.stringify({
        traces: { enabled: true, destinations: [DESTINATION] },
        logs: { enabled: true, destinations: [DESTINATION] },
      }),
    ),
}

/** The lines of one table of TOML, from its header to the next; '' is what comes before any. */
function tableOf(text: string, header: string): string {
  const parts = text.split(/^(?=\[)/m)
  if (header === '') return parts[0]?.startsWith('[') === false ? (parts[0] ?? '') : ''
  return parts.find((part) => part.startsWith(`[${header}]`)) ?? ''
}

const valueIn = (table: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*=\\s*["']([^"'\\n]*)["']`, 'm').exec(table)?.[1]

export function readToml(text: string, path: string): WranglerConfig {
  const top = tableOf(text, '')
  const containers = text.split(/^\[\[containers\]\]/m).slice(1)
  return {
    name: valueIn(top, 'name') ?? 'worker',
    main: valueIn(top, 'main') ?? missingMain(path),
    hasNodejsCompat: /^compatibility_flags\s*=[^\]]*["']nodejs_compat["']/m.test(top),
    hasEndpoint: new RegExp(`^${ENDPOINT}\\s*=`, 'm').test(tableOf(text, 'vars')),
    hasObservability: /^\[observability/m.test(text),
    instanceType: containers.length === 1 ? valueIn(containers[0] ?? '', 'instance_type') : undefined,
  }
}

const FLAGS = /^(compatibility_flags\s*=\s*\[)(\s*)(\]?)/m

export const tomlEdits: WranglerEdits = {
  nodejsCompat: (text) =>
    FLAGS.test(text)
      ? text.replace(FLAGS, (_, open: string, gap: string, close: string) =>
          close === '' ? `${open}${gap}"nodejs_compat", ` : `${open}"nodejs_compat"]`,
        )
      : `compatibility_flags = ["nodejs_compat"]\n${text}`,
  endpoint(text, url) {
    const line = `${ENDPOINT} = ${JSON.stringify(url)}\n`
    return /^\[vars\][^\n]*\n/m.test(text)
      ? text.replace(/^\[vars\][^\n]*\n/m, (header) => header + line)
      : `${text.trimEnd()}\n\n[vars]\n${line}`
  },
  observability: (text) =>
    `${text.trimEnd()}\n` +
    ['traces', 'logs']
      .map((kind) => `\n[observability.${kind}]\nenabled = true\ndestinations = ["${DESTINATION}"]\n`)
      .join(''),
}
