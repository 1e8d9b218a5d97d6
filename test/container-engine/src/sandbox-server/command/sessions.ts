import type { ContainerPaths } from '../files/container-paths.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { SessionShell } from './session-shell.ts'
import type { Environment } from './session-shell.ts'

/** What a client sends in place of a session's id to run without one. */
const NO_SESSION = '__DISABLE_SESSION__'
const DEFAULT_SESSION = 'default'

/** The sessions of one container, by id. */
export class Sessions {
  readonly #paths: ContainerPaths
  readonly #shells = new Map<string, SessionShell>()

  constructor(paths: ContainerPaths) {
    this.#paths = paths
  }

  /** @throws SESSION_ALREADY_EXISTS */
  create(id: string, cwd = '/workspace', env: Environment = {}): SessionShell {
    if (this.#shells.get(id)?.isAlive === true)
      throw new ProtocolError('SESSION_ALREADY_EXISTS', `Session '${id}' already exists`, {
        sessionId: id,
        containerPlacementId: null,
      })
    const shell = this.#open(id, cwd, env)
    this.#shells.set(id, shell)
    return shell
  }

  ids(): string[] {
    return [...this.#shells.keys()]
  }

  /** Runs with the session of that id, which is made when there is none; one that ended begins anew. */
  async with<Result>(id: string | undefined, run: (shell: SessionShell) => Promise<Result>): Promise<Result> {
    if (id !== NO_SESSION) return run(this.#find(id ?? DEFAULT_SESSION))
    const shell = this.#open('none', '/workspace', {})
    try {
      return await run(shell)
    } finally {
      await shell.end()
    }
  }

  async delete(id: string): Promise<void> {
    const shell = this.#shells.get(id)
    this.#shells.delete(id)
    await shell?.end()
  }

  async endAll(): Promise<void> {
    await Promise.all(this.ids().map((id) => this.delete(id)))
  }

  #find(id: string): SessionShell {
    const known = this.#shells.get(id)
    return known?.isAlive === true ? known : this.create(id)
  }

  #open(id: string, cwd: string, env: Environment): SessionShell {
    return new SessionShell(id, this.#paths.host(cwd), env, this.#paths.host('/tmp'))
  }
}
