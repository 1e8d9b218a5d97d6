import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REPOSITORY = join(import.meta.dirname, '../../../..')
const INSTALLED = join(REPOSITORY, 'node_modules')

/** A customer's project: it finds what lies in its own `node_modules`, and nothing else. */
export interface Project {
  readonly directory: string
  write(name: string, text: string): void
  /** Type-checks what lies in `src` and compiles it to `out`; rejects with what the compiler says. */
  compile(options: Readonly<Record<string, unknown>>): Promise<void>
}

/** The packages as they are published. */
export interface Packed {
  /** A project with the packages installed, what they declare to need, and `more` of its own. */
  project(more: readonly string[]): Promise<Project>
  remove(): void
}

/** Packs with npm: that builds, then keeps what `files` names. No network is used. */
export async function packPackages(): Promise<Packed> {
  const root = mkdtempSync(join(tmpdir(), 'sandglass-packages-'))
  for (const workspace of ['schemas', 'sdk'])
    await run('npm', ['pack', '--silent', '-w', workspace, '--pack-destination', root], { cwd: REPOSITORY })
  const tarballs = readdirSync(root).map((name) => join(root, name))
  let projects = 0
  return {
    async project(more) {
      const directory = join(root, `project-${++projects}`)
      const modules = join(directory, 'node_modules')
      for (const tarball of tarballs) await install(tarball, modules)
      for (const name of more) link(name, modules)
      writeFileSync(join(directory, 'package.json'), '{ "type": "module", "private": true }\n')
      return createProject(directory)
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Unpacks it, and links what its manifest declares: an undeclared dependency is not found. */
async function install(tarball: string, modules: string): Promise<void> {
  const unpacking = `${tarball}.${Math.random()}`
  mkdirSync(unpacking)
  await run('tar', ['-xzf', tarball, '-C', unpacking, '--strip-components=1'])
  const manifest: Manifest = JSON.parse(readFileSync(join(unpacking, 'package.json'), 'utf8'))
  const target = join(modules, manifest.name)
  mkdirSync(dirname(target), { recursive: true })
  await run('mv', [unpacking, target])
  for (const name of Object.keys(manifest.dependencies ?? {}))
    if (!name.startsWith('@sandglass/')) link(name, modules)
}

function link(name: string, modules: string): void {
  const target = join(modules, name)
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(INSTALLED, name), target, 'junction')
}

/** What every strict project sets; libraries are checked too. */
const STRICT = {
  strict: true,
  target: 'es2024',
  verbatimModuleSyntax: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  rootDir: 'src',
  outDir: 'out',
}

function createProject(directory: string): Project {
  function write(name: string, text: string): void {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return {
    directory,
    write,
    async compile(options) {
      write('tsconfig.json', JSON.stringify({ compilerOptions: { ...STRICT, ...options }, include: ['src'] }))
      try {
        await run(join(INSTALLED, '.bin/tsc'), ['-p', directory], { cwd: directory })
      } catch (error) {
        throw new Error(`tsc: ${String(Reflect.get(Object(error), 'stdout'))}`, { cause: error })
      }
    },
  }
}
