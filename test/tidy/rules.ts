/** Rules about the repository itself. Each is a pure function of the files, so that its test can plant a violation. */
import { attr, event } from '@sandglass/schemas/semconv'
import { importViolations, isTest } from './imports.ts'
import type { SourceFile } from './source-files.ts'

export interface TidyRule {
  readonly name: string
  readonly violations: (files: readonly SourceFile[]) => readonly string[]
  /** Files that must be found guilty. */
  readonly planted: readonly SourceFile[]
}

const CHDB_PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64-gnu', 'linux-x64-gnu']

const isProductSource = ({ path }: SourceFile): boolean =>
  path.endsWith('.ts') &&
  /^(schemas|sdk|collector|enforcer|embedded|dashboards|alerts|runbooks|cli|examples)\//.test(path)

const matching =
  (applies: (file: SourceFile) => boolean, pattern: RegExp, what: string) =>
  (files: readonly SourceFile[]): readonly string[] =>
    files.filter((file) => applies(file) && pattern.test(file.text)).map(({ path }) => `${path}: ${what}`)

/** Dotted names of ours in quotes: they are spelled once, in semconv.ts. */
const ownNames = new Set<string>(
  [...Object.values(attr), ...Object.values(event)].filter((n) => /^(sandglass|sandbox)\./.test(n)),
)

function spelledNames(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => isProductSource(file) && !isTest(file.path) && !/schemas\/src\/semconv/.test(file.path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/'((?:sandglass|sandbox)\.[a-z0-9_.]+)'/g)]
        .map((match) => match[1] ?? '')
        .filter((name) => ownNames.has(name))
        .map((name) => `${path}: spells '${name}'; import it from @sandglass/schemas/semconv`),
    )
}

function missingLockPlatforms(files: readonly SourceFile[]): readonly string[] {
  const lock = files.find(({ path }) => path === 'package-lock.json')?.text ?? ''
  return CHDB_PLATFORMS.filter((p) => !lock.includes(`"node_modules/@chdb/lib-${p}"`)).map(
    (p) => `package-lock.json: @chdb/lib-${p} is missing, npm ci would fail there`,
  )
}

function unpairedRunbooks(files: readonly SourceFile[]): readonly string[] {
  const names = (pattern: RegExp): Set<string> =>
    new Set(files.flatMap(({ path }) => pattern.exec(path)?.[1] ?? []))
  const runbooks = names(/^runbooks\/([A-Z]\w+)\.md$/)
  const alerts = new Set(
    files
      .filter(({ path }) => /^alerts\/src\/rules\/.*\.ts$/.test(path) && !isTest(path))
      .flatMap(({ text }) => [...text.matchAll(/name: '([A-Z]\w+)'/g)].map((m) => m[1] ?? '')),
  )
  return [
    ...[...alerts]
      .filter((name) => !runbooks.has(name))
      .map((name) => `runbooks/${name}.md: missing, the alert exists`),
    ...[...runbooks]
      .filter((name) => !alerts.has(name))
      .map((name) => `runbooks/${name}.md: no alert of that name`),
  ]
}

export const tidyRules: readonly TidyRule[] = [
  {
    name: 'packages import only what lies below them',
    violations: importViolations,
    planted: [
      { path: 'collector/src/a.ts', text: "import { x } from '@sandglass/enforcer'\n" },
      { path: 'sdk/src/b.ts', text: "import { z } from 'zod'\n" },
      { path: 'cli/src/c.ts', text: "import { Session } from 'chdb'\n" },
    ],
  },
  {
    name: 'attribute and event names are spelled once',
    violations: spelledNames,
    planted: [{ path: 'collector/src/a.ts', text: "const x = 'sandglass.task.id'\n" }],
  },
  {
    name: 'no unfinished marks, no skipped tests, no mocked modules',
    violations: matching(
      ({ path }) => path.endsWith('.ts') && !path.startsWith('test/tidy/'),
      /\bTODO\b|\bFIXME\b|\b(?:test|it|describe)\.(?:only|todo)\b|\bvi\.mock\(/,
      'unfinished or faked',
    ),
    planted: [{ path: 'sdk/src/a.ts', text: '// TODO later\n' }],
  },
  {
    name: 'no any, no non-null assertion to silence the compiler, no enum, no drawer folders',
    violations: (files) => [
      ...matching(
        isProductSource,
        /@ts-ignore|@ts-nocheck|^\s*(?:export )?(?:const )?enum /m,
        'silences the compiler',
      )(files),
      ...files
        .filter(({ path }) => /\/(utils?|helpers?|common|lib)(\/|\.ts)/.test(path))
        .map(({ path }) => `${path}: a drawer`),
    ],
    planted: [
      { path: 'sdk/src/a.ts', text: '// @ts-ignore\n' },
      { path: 'sdk/src/utils/a.ts', text: '' },
    ],
  },
  {
    name: 'the lock file holds every platform of the engine',
    violations: missingLockPlatforms,
    planted: [{ path: 'package-lock.json', text: '{}' }],
  },
  {
    name: 'every alert has its runbook and every runbook its alert',
    violations: unpairedRunbooks,
    planted: [
      { path: 'runbooks/Orphan.md', text: '' },
      { path: 'alerts/src/rules/lonely.ts', text: "defineRule({ name: 'Lonely' })" },
    ],
  },
]
