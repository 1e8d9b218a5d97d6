/** Which package may import which: schemas ← sdk, collector, enforcer, embedded, runbooks ← dashboards ← alerts ← cli. */
import type { SourceFile } from './source-files.ts'

const MIDDLE = ['sdk', 'collector', 'enforcer', 'embedded', 'dashboards', 'alerts', 'runbooks']

/** Own packages that a folder may import in its product code. Tests may also use the embedded engine and each other's testing entries. */
const allowedPackages: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  sdk: ['schemas'],
  collector: ['schemas'],
  enforcer: ['schemas'],
  embedded: ['schemas'],
  dashboards: ['schemas', 'runbooks'],
  alerts: ['schemas', 'runbooks', 'dashboards'],
  runbooks: ['schemas'],
  cli: ['schemas', ...MIDDLE, 'example-agent-worker'],
  'examples/agent-worker': ['schemas', 'sdk', 'container-engine'],
  'test/container-engine': [],
}

/** Libraries that only one folder may import, and why. */
const confinedLibraries: readonly {
  readonly library: RegExp
  readonly folder: string
  readonly why: string
}[] = [
  { library: /^chdb/, folder: 'embedded', why: 'the engine runs in a process of its own' },
  { library: /^@grafana\//, folder: 'dashboards|alerts', why: 'Grafana is generated, never called' },
]

const SDK_LIBRARIES = /^(@opentelemetry\/|@sandglass\/schemas\/|node:async_hooks$|cloudflare:|\.)/

/** Test Workers of the SDK lie in folders called `worker`, apart from the Node side of their tests. */
export const isTest = (path: string): boolean =>
  /\.test\.ts$|\/testing(\/|\.ts$)|^sdk\/.*\/worker\/|^test\/(?!container-engine)|^bench\//.test(path)

export function importsOf(text: string): readonly { readonly from: string; readonly typeOnly: boolean }[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+()'([^']+)'|\bimport\(\s*'([^']+)'/gm,
  )
  return [...statements].map((m) => ({ from: m[2] ?? m[4] ?? m[5] ?? '', typeOnly: m[1] !== undefined }))
}

const folderOf = (path: string): string =>
  Object.keys(allowedPackages).find((folder) => path.startsWith(`${folder}/`)) ?? ''

/** Every import that breaks the direction, as `path: what`. */
export function importViolations(files: readonly SourceFile[]): readonly string[] {
  return files.filter(({ path }) => path.endsWith('.ts')).flatMap(violationsOf)
}

function violationsOf({ path, text }: SourceFile): readonly string[] {
  const folder = folderOf(path)
  if (folder === '') return []
  return importsOf(text).flatMap(({ from, typeOnly }) => [
    ...confinementViolation(path, folder, from),
    ...directionViolation(path, folder, from),
    ...(folder === 'sdk' && !typeOnly ? sdkViolation(path, from) : []),
  ])
}

function confinementViolation(path: string, folder: string, from: string): readonly string[] {
  return confinedLibraries
    .filter((rule) => rule.library.test(from) && !new RegExp(`^(${rule.folder})$`).test(folder))
    .map((rule) => `${path}: imports ${from}, which belongs to ${rule.folder}: ${rule.why}`)
}

function directionViolation(path: string, folder: string, from: string): readonly string[] {
  const own = /^@sandglass\/([^/]+)/.exec(from)?.[1]
  if (own === undefined || isTest(path)) return []
  return (allowedPackages[folder] ?? []).includes(own) || folder.endsWith(own)
    ? []
    : [
        `${path}: imports @sandglass/${own}; ${folder} may import ${(allowedPackages[folder] ?? []).join(', ') || 'nothing'}`,
      ]
}

function sdkViolation(path: string, from: string): readonly string[] {
  if (isTest(path) || path.startsWith('sdk/src/node/') || SDK_LIBRARIES.test(from)) return []
  return [
    `${path}: imports ${from}; customers bundle the SDK into Workers, so only OpenTelemetry and schemas`,
  ]
}
