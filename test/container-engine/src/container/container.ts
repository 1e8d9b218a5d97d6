import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Duplex } from 'node:stream'

import { CpuAccount } from '../cpu/account.ts'
import type { ContainerClock } from '../cpu/virtual-files.ts'
import { InitClient } from '../init/init-client.ts'
import { exitCodeOfSignal } from '../signals.ts'
import type { ContainerDirectories } from './directories.ts'
import { commandEnvironment, initEnvironment } from './environment.ts'
import type { ContainerNetwork } from './environment.ts'
import { Exec } from './exec.ts'
import { endMembers } from './members.ts'
import { NamedPipes } from './named-pipes.ts'
import type { ContainerSpec, ExecSpec } from './spec.ts'
import type { Workload, WorkloadState } from './workload.ts'

/** Signals that end a container whose image would run nothing. */
const ENDING_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'])
/** While a process lives that init will not reap, its time is read this often. */
const ORPHAN_SAMPLE_MS = 200

interface Running {
  readonly init: InitClient
  readonly account: CpuAccount
  readonly startedAtMs: number
  readonly main: Exec | undefined
}

export interface ContainerOptions {
  readonly id: string
  readonly name: string
  readonly spec: ContainerSpec
  readonly directories: ContainerDirectories
  readonly network: () => ContainerNetwork
  readonly clock: () => number
}

/** A container: one init process, the commands it started, and a directory. */
export class Container implements Workload {
  readonly id: string
  readonly name: string
  readonly spec: ContainerSpec
  readonly directories: ContainerDirectories
  readonly publishedPorts = {}
  readonly exited: Promise<number>
  exitCode: number | undefined
  readonly #options: ContainerOptions
  readonly #pipes: NamedPipes
  readonly #execs = new Map<string, Exec>()
  readonly #exit: (code: number) => void
  #running: Running | undefined
  #ending: Promise<void> | undefined

  constructor(options: ContainerOptions) {
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#options = options
    this.id = options.id
    this.name = options.name
    this.spec = options.spec
    this.directories = options.directories
    this.exited = promise
    this.#exit = resolve
    this.#pipes = new NamedPipes(options.directories.pipes)
  }

  get state(): WorkloadState {
    if (this.exitCode !== undefined) return 'exited'
    return this.#running === undefined ? 'created' : 'running'
  }

  get pid(): number {
    return this.#running?.init.pid ?? 0
  }

  /** CPU time of everything it ever ran, as of now. */
  get cpuSeconds(): number {
    if (this.state === 'running') this.#running?.account.sample()
    return this.#running?.account.seconds ?? 0
  }

  async start(): Promise<void> {
    const startedAtMs = this.#options.clock()
    const init = await InitClient.start(this.id, this.directories.base, initEnvironment(this.id))
    const account = new CpuAccount(this.id, init.pid)
    const main = this.#mainExec()
    this.#running = { init, account, startedAtMs, main }
    void init.gone.then(() => this.#end(exitCodeOfSignal('SIGKILL')))
    if (main !== undefined) await this.#runMain(main, init)
    void this.#watchOrphans(account)
  }

  createExec(request: ExecSpec): Exec {
    const exec = this.#exec(randomBytes(16).toString('hex'), request)
    this.#execs.set(exec.id, exec)
    return exec
  }

  execs(): Exec[] {
    return [...this.#execs.values()]
  }

  /** @throws when the container does not run. */
  async startExec(exec: Exec): Promise<(attach?: Duplex) => Promise<void>> {
    if (this.#running === undefined || this.exitCode !== undefined) {
      throw new Error(`container ${this.name} is not running`)
    }
    const { init, account } = this.#running
    const pump = await exec.start(init, this.#pipes)
    return async (attach) => {
      await pump(attach)
      account.sample()
    }
  }

  async kill(signal: NodeJS.Signals): Promise<boolean> {
    if (this.state !== 'running') return false
    const main = this.#running?.main
    if (signal === 'SIGKILL') await this.#end(exitCodeOfSignal(signal))
    else if (main !== undefined) main.signal(signal)
    else if (ENDING_SIGNALS.has(signal)) await this.#end(exitCodeOfSignal(signal))
    return true
  }

  async stop(graceMs: number): Promise<void> {
    await this.kill('SIGTERM')
    await Promise.race([this.exited, sleep(graceMs, undefined, { ref: false })])
    await this.kill('SIGKILL')
  }

  async remove(): Promise<void> {
    await this.kill('SIGKILL')
    await this.#ending
    rmSync(this.directories.base, { recursive: true, force: true })
  }

  #mainExec(): Exec | undefined {
    const [command, ...args] = this.spec.argv
    if (command === undefined) return undefined
    return this.#exec('main', { argv: [command, ...args], env: this.spec.env, cwd: '/workspace' })
  }

  #exec(id: string, { argv: [command, ...args], env, cwd }: ExecSpec): Exec {
    const translate = (word: string): string => this.directories.translate(word, () => this.#clock())
    return new Exec(id, {
      argv: [translate(command), ...args.map(translate)],
      cwd: this.directories.hostPath(cwd),
      env: commandEnvironment(this, env, this.#options.network(), translate),
    })
  }

  async #runMain(main: Exec, init: InitClient): Promise<void> {
    const pump = await main.start(init, this.#pipes)
    void pump().then(() => this.#end(main.exitCode ?? 0))
  }

  #clock(): ContainerClock {
    const { account, startedAtMs } = this.#running ?? {}
    const nowMs = this.#options.clock()
    const spent = account?.sample() ?? { user: 0, system: 0 }
    return { spent, residentKib: account?.residentKib() ?? 0, startedAtMs: startedAtMs ?? nowMs, nowMs }
  }

  async #watchOrphans(account: CpuAccount): Promise<void> {
    while (this.state === 'running') {
      await sleep(ORPHAN_SAMPLE_MS, undefined, { ref: false })
      if (account.hasOrphans) account.sample()
    }
  }

  #end(exitCode: number): Promise<void> {
    this.#ending ??= this.#endOnce(exitCode)
    return this.#ending
  }

  async #endOnce(exitCode: number): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    await endMembers(this.id, running.init.pid)
    running.account.sample()
    await running.init.end()
    this.exitCode = exitCode
    this.#exit(exitCode)
  }
}
