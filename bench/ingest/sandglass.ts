/** Our collector as a subject: its own main.ts in a process of its own, on a real directory, with its defaults. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { startProgram } from './spawn.ts'
import type { Subject } from './subject.ts'

export interface SandglassOptions {
  /** Where its log lies. */
  readonly directory: string
  readonly clickhouse: { readonly url: string; readonly username?: string; readonly password?: string }
  /** Directory for a CPU profile, written when it stops. */
  readonly profileDirectory?: string
}

const MAIN = join(import.meta.dirname, '..', '..', 'collector', 'src', 'main.ts')

export async function startSandglass(options: SandglassOptions): Promise<Subject> {
  const { directory, clickhouse, profileDirectory } = options
  await mkdir(directory, { recursive: true })
  const configFile = join(directory, 'collector.json')
  const config = { listen: { port: 0 }, dataDir: join(directory, 'log'), clickhouse }
  // JSON is YAML.
  await writeFile(configFile, JSON.stringify(config))
  const profile = profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`]
  const program = startProgram(
    process.execPath,
    ['--conditions=@sandglass/source', ...profile, MAIN, '--config', configFile],
    { SANDGLASS_EXIT_WITH_STDIN: '1' },
  )
  const url = await readyUrl(program.child)
  return { name: 'sandglass', url, pid: program.pid, stop: () => program.stop() }
}

async function readyUrl(child: ReturnType<typeof startProgram>['child']): Promise<string> {
  if (child.stdout === null) throw new Error('the collector has no output')
  const line = once(createInterface({ input: child.stdout }), 'line')
  const early = once(child, 'exit').then(([code]) => {
    throw new Error(`the collector ended with code ${code} before it was ready`)
  })
  const [first] = await Promise.race([line, early])
  const ready: { readonly url: string } = JSON.parse(first)
  return ready.url
}
