import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { initCommand } from '../commands/init.ts'
import { UsageError } from '../errors.ts'

const run = promisify(execFile)
const REPOSITORY = join(import.meta.dirname, '../../..')
const MODULES = join(REPOSITORY, 'node_modules')

/** A compiler, on a machine that others use too. */
vi.setConfig({ testTimeout: 180_000 })

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

type Files = Readonly<Record<string, string>>

const PACKAGE = '{\n  "name": "shop",\n  "private": true,\n  "type": "module"\n}\n'

function project(files: Files): string {
  const directory = mkdtempSync(join(tmpdir(), 'sandglass-init-'))
  directories.push(directory)
  const all: Files = { 'package.json': PACKAGE, 'tsconfig.json': TSCONFIG, ...files }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  for (const name of ['@sandglass/sdk', '@cloudflare/workers-types', '@cloudflare/sandbox']) {
    mkdirSync(join(directory, 'node_modules', dirname(name)), { recursive: true })
    symlinkSync(join(MODULES, name), join(directory, 'node_modules', name), 'junction')
  }
  return directory
}

const TSCONFIG = JSON.stringify({
  extends: join(REPOSITORY, 'tsconfig.base.json'),
  compilerOptions: {
    noEmit: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    types: ['@cloudflare/workers-types'],
  },
  include: ['src', join(REPOSITORY, 'sdk/src/context/async-hooks.d.ts')],
})

/** Runs the command, and returns what it printed. */
async function init(directory: string, ...args: string[]): Promise<string> {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await initCommand().parseAsync(['--directory', directory, ...args], { from: 'user' })
    return printed.mock.calls.map(([line]: unknown[]) => (typeof line === 'string' ? line : '')).join('\n')
  } finally {
    printed.mockRestore()
  }
}

async function refusal(directory: string, ...args: string[]): Promise<string> {
  const failed: unknown = await init(directory, '--yes', ...args).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(UsageError)
  return String(failed)
}

const read = (directory: string, path: string): string => readFileSync(join(directory, path), 'utf8')

/** Type-checks a project and bundles it as it would be deployed. */
async function assertBuilds(directory: string): Promise<string> {
  const { stdout } = await run(join(MODULES, '.bin/tsc'), ['-p', directory]).catch((error: unknown) => {
    throw new Error(String(Reflect.get(Object(error), 'stdout')))
  })
  expect(stdout).toBe('')
  const { outputFiles } = await build({
    entryPoints: [join(directory, 'src/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:*', 'node:*'],
    conditions: ['@sandglass/source', 'workerd', 'worker', 'import'],
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('')
}

const CONTAINER_WORKER = `import { DurableObject } from 'cloudflare:workers'
import { DirectoryBackup, Files } from './files'

interface Env {
  AGENT: DurableObjectNamespace<Agent>
}

/** Reaches this.ctx.container in a comment too. */
export class Agent extends DurableObject<Env> {
  files = new Files(this.ctx.container!)
  backups = new DirectoryBackup(this.ctx.container!, { bucket: 'b' })

  async fix(command: string[]): Promise<number> {
    if (!this.ctx.container) throw new Error('no container: this.ctx.container is not there')
    if (!this.ctx.container.running) this.ctx.container.start({ enableInternet: false })
    await this.files.writeFile('/workspace/a', 'text')
    const process = await this.ctx.container.exec(command)
    return (await process.output()).exitCode
  }
}

export class Other extends DurableObject<Env> {
  hello(): string {
    return 'no container here }'
  }
}

export default {
  async fetch(_: Request, env: Env): Promise<Response> {
    return Response.json(await env.AGENT.getByName('a').fix(['true']))
  },
} satisfies ExportedHandler<Env>
`

const FILES = `export class DirectoryBackup {
  constructor(container: object, options: { bucket: string }) {
    Object.assign(this, { container, options })
  }
}

export class Files {
  readonly #container: Pick<Container, 'exec'>
  constructor(container: Pick<Container, 'exec'>) {
    this.#container = container
  }
  async writeFile(path: string, text: string): Promise<void> {
    await (await this.#container.exec(['tee', path], { stdin: new Blob([text]).stream() })).output()
  }
}
`

const CLIENT_WORKER = `import { getSandbox, type Sandbox } from "@cloudflare/sandbox";
export { Sandbox } from "@cloudflare/sandbox";

interface Env {
  SANDBOX: DurableObjectNamespace<Sandbox>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const id = new URL(request.url).searchParams.get("id") ?? "one";
    const sandbox = getSandbox(env.SANDBOX, id.replace(")", ""), { sleepAfter: "5m" });
    const { stdout } = await sandbox.exec("echo hi");
    await getSandbox<Sandbox>(env.SANDBOX, "two").writeFile("/workspace/a", stdout);
    return new Response(stdout);
  },
} satisfies ExportedHandler<Env>;
`

const JSONC = `{
\t// the shop's agents
\t"name": "shop-agents",
\t"main": "src/index.ts",
\t"compatibility_date": "2026-10-01",
\t"containers": [{ "class_name": "Agent", "image": "./Dockerfile", "instance_type": "standard-1" }] // one
}
`

const TOML = `name = "shop-agents"
main = "src/index.ts"
compatibility_date = "2026-10-01"
compatibility_flags = ["nodejs_compat_v2"]

[vars]
MODE = "x"

[[containers]]
class_name = "Sandbox"
instance_type = "basic"
`

describe('a 1.x project', () => {
  const files = { 'wrangler.jsonc': JSONC, 'src/index.ts': CONTAINER_WORKER, 'src/files.ts': FILES }

  test.each(['L1', 'L2'])(
    'builds after init at %s, its container recorded and nothing else touched',
    async (level) => {
      const directory = project(files)
      const shown = await init(directory, '--yes', '--level', level, '--endpoint', 'https://otlp.example')
      const bundled = await assertBuilds(directory)
      expect(bundled).toContain('shop-agents')
      const entry = read(directory, 'src/index.ts')
      expect(entry).toContain("import { recordBackup, recordContainer, startSandglass } from './sandglass'\n")
      expect(entry).toContain('files = this.sandglass.files(new Files(this.ctx.container!), this.#recorded!)')
      expect(entry).toContain(
        "recordBackup(this.sandglass, new DirectoryBackup(this.ctx.container!, { bucket: 'b' }), this.#recorded!)",
      )
      expect(entry).toContain("'no container: this.ctx.container is not there'")
      expect(entry.match(/this\.ctx\.container/g)).toHaveLength(4)
      expect(entry.slice(entry.indexOf('export class Other'))).toBe(
        CONTAINER_WORKER.slice(CONTAINER_WORKER.indexOf('export class Other')),
      )
      const config = read(directory, 'wrangler.jsonc')
      expect(config).toContain("// the shop's agents")
      expect(config).toContain('"compatibility_flags": ["nodejs_compat"]')
      expect(config).toContain('"vars": {"OTLP_ENDPOINT": "https://otlp.example"}')
      expect(JSON.parse(read(directory, 'package.json'))).toMatchObject({
        dependencies: { '@sandglass/sdk': '^0.1.0' },
      })
      expect(read(directory, 'src/sandglass.ts').includes('promptHashKey')).toBe(level === 'L2')
      expect(read(directory, 'src/sandglass.ts')).toContain('instanceType: "standard-1"')
      expect(shown).toContain('+  readonly sandglass = startSandglass(this.ctx)')
      expect(shown).toContain('wrangler secret put OTLP_TOKEN')
    },
  )

  test('is not changed by a dry run, nor twice', async () => {
    const directory = project(files)
    const shown = await init(directory, '--dry-run')
    expect(shown).toContain('+    const process = await this.#recorded.exec(command)')
    for (const [path, text] of Object.entries(files)) expect(read(directory, path)).toBe(text)
    const { files: made, written } = JSON.parse(await init(directory, '--yes', '--json'))
    expect(written).toBe(true)
    expect(made).toHaveLength(4)
    expect(await refusal(directory)).toContain('uses Sandglass already')
  })

  test('at L0 changes its configuration alone', async () => {
    const directory = project(files)
    await init(directory, '--yes', '--level', 'L0')
    expect(read(directory, 'src/index.ts')).toBe(CONTAINER_WORKER)
    expect(read(directory, 'wrangler.jsonc')).toContain('"observability": {"traces":{"enabled":true')
    expect(await refusal(directory, '--level', 'L0')).toContain('"observability" already')
  })
})

describe('a 0.12 project', () => {
  test.each([
    ['wrangler.jsonc', JSONC],
    ['wrangler.toml', TOML],
  ])('with %s builds after init, every client recorded', async (path, config) => {
    const directory = project({ [path]: config, 'src/index.ts': CLIENT_WORKER })
    await init(directory, '--yes', '--level', 'L2')
    await assertBuilds(directory)
    const entry = read(directory, 'src/index.ts')
    expect(entry).toContain('import { startSandglass } from "./sandglass";\n')
    expect(entry).toContain(
      'startSandglass().client(getSandbox(env.SANDBOX, id.replace(")", ""), { sleepAfter: "5m" }));',
    )
    expect(entry).toContain(
      'await startSandglass().client(getSandbox<Sandbox>(env.SANDBOX, "two")).writeFile(',
    )
    expect(read(directory, path)).toMatch(/nodejs_compat"/)
    expect(read(directory, path)).toContain('OTLP_ENDPOINT')
  })

  test('in TOML keeps what it had', async () => {
    const directory = project({ 'wrangler.toml': TOML, 'src/index.ts': CLIENT_WORKER })
    await init(directory, '--yes')
    const config = read(directory, 'wrangler.toml')
    expect(config).toContain('compatibility_flags = ["nodejs_compat", "nodejs_compat_v2"]')
    expect(config).toContain('[vars]\nOTLP_ENDPOINT = "http://127.0.0.1:4318"\nMODE = "x"\n')
  })
})

describe('what init does not understand it leaves alone, and says what to do', () => {
  const base = { 'wrangler.jsonc': JSONC, 'src/files.ts': FILES }
  const entry = (body: string): Files => ({
    ...base,
    'src/index.ts': `import { DurableObject } from 'cloudflare:workers'\nexport class A extends DurableObject {\n${body}\n}\n`,
  })
  test.each<[string, Files, string]>([
    ['no configuration', { 'src/index.ts': '' }, 'no wrangler.jsonc'],
    ['a broken one', { 'wrangler.jsonc': '{ "main": ', 'src/index.ts': '' }, 'is not an object of JSON'],
    ['no entry', { 'wrangler.jsonc': '{ "name": "x" }' }, 'names no "main"'],
    [
      'an entry in JavaScript',
      { 'wrangler.jsonc': '{ "main": "src/index.js" }', 'src/index.js': '' },
      'not TypeScript',
    ],
    ['no sandbox at all', { ...base, 'src/index.ts': 'export default {}\n' }, 'neither a class'],
    [
      'a container taken apart',
      entry('run() { const { container } = this.ctx; return container }'),
      'otherwise than',
    ],
    [
      'a member of that name',
      entry('sandglass = 1; run() { return this.ctx.container }'),
      'a member called sandglass',
    ],
    ['braces that do not match', entry('run() { return this.ctx.container ) }'), 'do not match'],
    [
      'getSandbox as a value',
      {
        ...base,
        'src/index.ts': "import { getSandbox } from '@cloudflare/sandbox'\nexport const open = getSandbox\n",
      },
      'without calling it',
    ],
  ])('%s', async (_, files, words) => {
    const directory = project(files)
    expect(await refusal(directory)).toContain(words)
    for (const [path, text] of Object.entries(files)) expect(read(directory, path)).toBe(text)
  })

  test('and nobody to ask', async () => {
    const directory = project({ ...base, 'src/index.ts': CONTAINER_WORKER })
    await expect(init(directory)).rejects.toThrow('give --yes')
    expect(read(directory, 'src/index.ts')).toBe(CONTAINER_WORKER)
  })
})
