import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createApiServer } from './api/server.ts'
import type { Log } from './api/server.ts'
import { Registry } from './container/registry.ts'
import type { Container } from './container/container.ts'
import { ImageStore, VolumeStore } from './storage/store.ts'
import type { ImageEntrypoints } from './storage/store.ts'

export interface ContainerEngineOptions {
  /** Path of the unix socket; by default `engine.sock` in that directory. */
  readonly socketPath?: string
  /** Where to make the one directory that holds everything; by default the system's temporary directory. */
  readonly root?: string
  /** What runs in the containers of an image of that name; in others nothing runs but what `exec` starts. */
  readonly images?: ImageEntrypoints
  /** Gets one line for each request. */
  readonly log?: Log
}

/** One container as it is now. */
export interface ContainerStatus {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'created' | 'running' | 'exited'
  /** Of its init process, on the host; 0 when it does not run. */
  readonly pid: number
  readonly exitCode: number | undefined
  /** CPU time of everything it ran since it started, seconds; counts from 0 in the next container. */
  readonly cpuSeconds: number
  /** Where the container's `/` is on the host. */
  readonly directory: string
}

export interface ContainerEngine {
  /** For Miniflare: `unix:` and the path of the socket. */
  readonly socketPath: string
  readonly containers: () => ContainerStatus[]
  /** Ends every process, deletes every directory, closes the socket. */
  readonly stop: () => Promise<void>
}

function statusOf(container: Container): ContainerStatus {
  const { id, name, spec, state, pid, exitCode, cpuSeconds, directories } = container
  const { image, labels } = spec
  return { id, name, image, labels, state, pid, exitCode, cpuSeconds, directory: directories.files }
}

/**
 * Starts the stand-in for a container engine: containers are process groups of this machine, isolated from nothing.
 * @throws when the socket or the root directory cannot be made.
 */
export async function startContainerEngine(options: ContainerEngineOptions = {}): Promise<ContainerEngine> {
  const root = mkdtempSync(join(options.root ?? tmpdir(), 'sandglass-engine-'))
  const images = new ImageStore(join(root, 'images'), options.images ?? {})
  const volumes = new VolumeStore(join(root, 'volumes'))
  const registry = new Registry(join(root, 'containers'), images, volumes, Date.now)
  const server = createApiServer(registry, options.log ?? (() => {}))
  const path = options.socketPath ?? join(root, 'engine.sock')
  const removeRoot = (): void => rmSync(root, { recursive: true, force: true })
  process.once('exit', removeRoot)
  const stop = async (): Promise<void> => {
    server.close()
    await registry.removeAll()
    server.closeAllConnections()
    removeRoot()
    process.off('exit', removeRoot)
  }
  server.listen(path)
  await once(server, 'listening').catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { socketPath: `unix:${path}`, containers: () => registry.containers().map(statusOf), stop }
}
