import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startContainerEngine } from '@sandglass/container-engine'
import { attr, event } from '@sandglass/schemas/semconv'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { packPackages, type Packed, type Project } from './testing/packed.ts'

let receiver: OtlpReceiver
let packed: Packed

/** Compilers and npm, on a machine that others use too. */
vi.setConfig({ testTimeout: 180_000 })

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  packed = await packPackages()
}, 180_000)
afterAll(async () => {
  packed.remove()
  await receiver.stop()
})

const source = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8')

/** Both ways of finding modules that customers use, neither with our condition for sources. */
const RESOLUTIONS = [
  { module: 'esnext', moduleResolution: 'bundler' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
] as const

async function bundle(project: Project): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(project.directory, 'out/index.js')],
    bundle: true,
    write: false,
    format: 'esm',
    external: ['cloudflare:*', 'node:*'],
    conditions: ['workerd', 'worker', 'import'],
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('')
}

async function runInWorkerd(project: Project): Promise<unknown> {
  const miniflare = new Miniflare({
    modules: true,
    script: await bundle(project),
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
    bindings: { OTLP_ENDPOINT: receiver.url },
  })
  try {
    const response = await fetch(await miniflare.ready)
    return await response.json()
  } finally {
    await miniflare.dispose()
  }
}

const spansOf = (service: string): string[] =>
  receiver.spans.filter(({ resource }) => resource['service.name'] === service).map(({ name }) => name)

test('in an empty Worker project the packages type-check with every library, and record on workerd', async () => {
  const project = await packed.project(['@cloudflare/workers-types'])
  project.write('src/index.ts', source('worker/index.ts'))
  for (const resolution of RESOLUTIONS)
    await project.compile({ ...resolution, lib: ['es2024'], types: ['@cloudflare/workers-types'] })
  const answer = await runInWorkerd(project)
  expect(answer).toMatchObject({ text: 'hello world', entries: 5, stats: { spansAcked: 3, pending: 0 } })
  expect(spansOf('packed-worker').toSorted()).toEqual([
    'chat opus-5',
    'execute_tool greet',
    'invoke_agent greeter',
  ])
})

test('in an empty Node project the packages type-check, and a script records', async () => {
  const project = await packed.project(['@types/node'])
  project.write('src/main.ts', source('testing/node-script.ts'))
  for (const resolution of RESOLUTIONS) await project.compile({ ...resolution, types: ['node'] })
  const { stdout } = await promisify(execFile)(process.execPath, ['out/main.js', receiver.url], {
    cwd: project.directory,
    env: { PATH: process.env['PATH'] ?? '' },
  })
  expect(JSON.parse(stdout)).toEqual({
    text: 'hello world',
    stats: expect.objectContaining({ spansAcked: 2, pending: 0 }),
    kind: 'function',
    event: event.taskFinished,
    money: '1500000000',
  })
  expect(spansOf('packed-node').toSorted()).toEqual(['execute_tool greet', 'invoke_agent greeter'])
})

test('what is packed is the built code and its types: no sources, no tests', async () => {
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts', '-w', 'sdk'],
    {
      cwd: join(import.meta.dirname, '../../..'),
    },
  )
  const [{ files }] = JSON.parse(stdout) as [{ files: readonly { readonly path: string }[] }]
  const paths = files.map(({ path }) => path)
  expect(paths).toContain('dist/index.js')
  expect(paths).toContain('dist/index.d.ts')
  expect(paths.filter((path) => /^src|test|conformance|recording|packages/.test(path))).toEqual([])
})

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** The first code under a heading, as a reader would copy it. */
function codeUnder(heading: string): string {
  const section = README.slice(README.indexOf(`\n### ${heading}`))
  const code = /```ts\n([\s\S]*?)```/.exec(section)?.[1]
  if (code === undefined) throw new Error(`README has no code under ${heading}`)
  return code
}

const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' }

async function worker(heading: string, more: readonly string[]): Promise<Project> {
  const project = await packed.project(['@cloudflare/workers-types', ...more])
  project.write('src/index.ts', codeUnder(heading))
  await project.compile({
    ...BUNDLER,
    lib: ['es2024'],
    types: ['@cloudflare/workers-types'],
    skipLibCheck: true,
  })
  return project
}

test('the five minutes for 1.x, as they stand in the README: a command in a container is recorded', async () => {
  const project = await worker('Sandboxes 1.x', [])
  const engine = await startContainerEngine()
  const miniflare = new Miniflare({
    modules: true,
    script: await bundle(project),
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
    bindings: { OTLP_ENDPOINT: receiver.url, OTLP_TOKEN: 'a-token' },
    containerEngine: {
      localDocker: { socketPath: engine.socketPath, containerEgressInterceptorImage: 'egress' },
    },
    durableObjects: { AGENT: { className: 'Agent', useSQLite: true, container: { imageName: 'any' } } },
  })
  try {
    const response = await fetch(await miniflare.ready)
    expect([response.status, await response.text()]).toEqual([200, '0'])
    await vi.waitFor(
      () =>
        expect(receiver.spans.map(({ attributes }) => attributes[attr.commandLine])).toContain(
          'node --version',
        ),
      { timeout: 20_000 },
    )
    expect(receiver.requests.map(({ headers }) => headers.authorization)).toContain('Bearer a-token')
  } finally {
    await miniflare.dispose()
    await engine.stop()
  }
})

test('the five minutes for 0.12, as they stand in the README, type-check and bundle', async () => {
  const project = await worker('Sandboxes 0.12', ['@cloudflare/sandbox'])
  expect(await bundle(project)).toContain('agent-worker')
})

test('the five minutes for Node, as they stand in the README, record', async () => {
  const project = await packed.project(['@types/node'])
  project.write('src/index.ts', codeUnder('Node'))
  await project.compile({ module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] })
  const { stdout } = await promisify(execFile)(process.execPath, ['out/index.js'], {
    cwd: project.directory,
    env: { PATH: process.env['PATH'] ?? '', OTLP_ENDPOINT: receiver.url },
  })
  expect(stdout).toBe('3\n')
  expect(receiver.spans.map(({ name }) => name)).toContain('execute_tool add')
})
