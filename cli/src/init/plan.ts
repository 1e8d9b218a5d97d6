/** What init would change in a project; reads files, writes none. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { UsageError } from '../errors.ts'
import { clientEdits } from './client-calls.ts'
import { containerEdits } from './container-classes.ts'
import { addTo, parseJsonc } from './jsonc.ts'
import type { Level } from './levels.ts'
import { clientRecording, containerRecording } from './recording-file.ts'
import { applyEdits } from './text-edit.ts'
import {
  jsoncEdits,
  readJsonc,
  readToml,
  tomlEdits,
  type WranglerConfig,
  type WranglerEdits,
} from './wrangler.ts'

export interface FileChange {
  /** Relative to the project. */
  readonly path: string
  /** Undefined for a new file. */
  readonly before: string | undefined
  readonly after: string
}

export interface PlanOptions {
  readonly directory: string
  readonly level: Level
  readonly endpoint: string
  /** Version range of the SDK. */
  readonly sdk: string
}

interface Wrangler {
  readonly path: string
  readonly text: string
  readonly config: WranglerConfig
  readonly edits: WranglerEdits
}

const RECORDING = 'sandglass.ts'
const SDK = '@sandglass/sdk'
const STORAGE = ['recordBackup', 'recordMount']

const read = (directory: string, path: string): string => readFileSync(join(directory, path), 'utf8')

function readWrangler(directory: string): Wrangler {
  const path = ['wrangler.jsonc', 'wrangler.json', 'wrangler.toml'].find((name) =>
    existsSync(join(directory, name)),
  )
  if (path === undefined)
    throw new UsageError(
      `no wrangler.jsonc, wrangler.json or wrangler.toml in ${directory}: run init in a Worker's project`,
    )
  const text = read(directory, path)
  return path.endsWith('.toml')
    ? { path, text, config: readToml(text, path), edits: tomlEdits }
    : { path, text, config: readJsonc(text, path), edits: jsoncEdits }
}

function changeWrangler(
  { path, text, config, edits }: Wrangler,
  { level, endpoint }: PlanOptions,
): FileChange {
  if (level === 'L0') {
    if (config.hasObservability)
      throw new UsageError(
        `${path} has settings of "observability" already, which init leaves alone; ` +
          'add "sandglass" to the destinations of its traces and logs',
      )
    return { path, before: text, after: edits.observability(text) }
  }
  const flagged = config.hasNodejsCompat ? text : edits.nodejsCompat(text)
  return { path, before: text, after: config.hasEndpoint ? flagged : edits.endpoint(flagged, endpoint) }
}

/** Every change, in the order it is shown; files that stay as they are are left out. */
export function planInit(options: PlanOptions): readonly FileChange[] {
  const { directory, level } = options
  const wrangler = readWrangler(directory)
  const changes = [changeWrangler(wrangler, options)]
  if (level !== 'L0') changes.push(...changeCode(wrangler.config, options), ...changePackage(options))
  return changes.filter(({ before, after }) => before !== after)
}

function changeCode(
  { name, main, instanceType }: WranglerConfig,
  { directory, level }: PlanOptions,
): FileChange[] {
  if (!/\.m?ts$/.test(main))
    throw new UsageError(`${main} is not TypeScript: add the SDK by hand, as its README shows`)
  if (!existsSync(join(directory, main))) throw new UsageError(`${main}, the Worker's entry, does not exist`)
  const before = read(directory, main)
  if (before.includes(SDK) || /from\s+['"]\.\/sandglass/.test(before))
    throw new UsageError(`${main} uses Sandglass already; nothing was changed`)
  const recording = join(dirname(main), RECORDING)
  if (existsSync(join(directory, recording)))
    throw new UsageError(`${recording} exists already; nothing was changed`)
  const [containers, clients] = [containerEdits(before, main), clientEdits(before, main)]
  if (containers.length > 0 && clients.length > 0)
    throw new UsageError(
      `${main} uses both generations of the Sandbox API: add the SDK by hand, as its README shows`,
    )
  if (containers.length + clients.length === 0)
    throw new UsageError(
      `${main} has neither a class that uses this.ctx.container nor a call of getSandbox(); ` +
        'if another file has, name it as "main" for this run or add the SDK there by hand',
    )
  const storage = STORAGE.filter((wrapper) => containers.some(({ text }) => text.startsWith(`${wrapper}(`)))
  const spec = { service: name, level, instanceType, storage }
  const isContainer = containers.length > 0
  const names = isContainer ? [...storage, 'recordContainer', 'startSandglass'] : ['startSandglass']
  const edited = applyEdits(before, [...containers, ...clients])
  return [
    { path: recording, before: undefined, after: (isContainer ? containerRecording : clientRecording)(spec) },
    { path: main, before, after: addImport(edited, names) },
  ]
}

const IMPORT = /^import\b[^'"]*['"][^'"]+['"];?[ \t]*$/gm

/** In the style of the file: its quotes, its semicolons, its way to name local files. */
function addImport(text: string, names: readonly string[]): string {
  const imports = [...text.matchAll(IMPORT)]
  const last = imports.at(-1)
  const style = last?.[0] ?? "import x from 'y'"
  const quote = style.includes('"') ? '"' : "'"
  const extension = /['"]\.{1,2}\/[^'"]+(\.[jt]s)['"]/.exec(text)?.[1] ?? ''
  const line = `import { ${names.join(', ')} } from ${quote}./sandglass${extension}${quote}${style.trimEnd().endsWith(';') ? ';' : ''}`
  if (last === undefined) return `${line}\n\n${text}`
  const end = last.index + last[0].length
  return `${text.slice(0, end)}\n${line}${text.slice(end)}`
}

function changePackage({ directory, sdk }: PlanOptions): FileChange[] {
  const path = 'package.json'
  if (!existsSync(join(directory, path)))
    throw new UsageError(`no package.json in ${relative('.', directory) || '.'}`)
  const before = read(directory, path)
  const dependencies = parseJsonc(before)?.['dependencies']
  if (typeof dependencies === 'object' && dependencies !== null && SDK in dependencies) return []
  return [{ path, before, after: formatPackage(addTo(before, 'dependencies', '{}', `"${SDK}": "${sdk}"`)) }]
}

/** A package file has no comments and one form. */
const formatPackage = (text: string): string => `${JSON.stringify(JSON.parse(text), undefined, 2)}\n`
