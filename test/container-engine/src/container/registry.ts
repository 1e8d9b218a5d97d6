import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { Sidecar } from '../network/sidecar.ts'
import type { ImageStore, VolumeStore } from '../storage/store.ts'
import { Container } from './container.ts'
import { ContainerDirectories } from './directories.ts'
import type { ContainerNetwork } from './environment.ts'
import type { Exec } from './exec.ts'
import type { ContainerSpec } from './spec.ts'
import type { Workload } from './workload.ts'

/** The argument by which workerd's network sidecar is known. */
const SIDECAR_ARGUMENT = '--http-egress-port'

export type CreateRefusal = 'name taken' | 'no such image' | 'no such volume'

/** Everything the engine runs, by name and by id. */
export class Registry {
  readonly images: ImageStore
  readonly volumes: VolumeStore
  readonly #root: string
  readonly #clock: () => number
  readonly #workloads = new Map<string, Workload>()
  /** Being removed: their names are free, their commands still end. */
  readonly #leaving = new Map<Workload, Promise<void>>()

  constructor(root: string, images: ImageStore, volumes: VolumeStore, clock: () => number) {
    this.#root = root
    this.images = images
    this.volumes = volumes
    this.#clock = clock
  }

  find(nameOrId: string): Workload | undefined {
    return this.#workloads.get(nameOrId) ?? this.all().find((workload) => workload.id === nameOrId)
  }

  /** Undefined for the network sidecar as well: nothing can be executed in it. */
  findContainer(nameOrId: string): Container | undefined {
    return this.containers().find((container) => container.name === nameOrId || container.id === nameOrId)
  }

  findExec(id: string): { readonly container: Container; readonly exec: Exec } | undefined {
    const leaving = [...this.#leaving.keys()].filter((workload) => workload instanceof Container)
    for (const container of [...this.containers(), ...leaving]) {
      const exec = container.execs().find((candidate) => candidate.id === id)
      if (exec !== undefined) return { container, exec }
    }
    return undefined
  }

  all(): Workload[] {
    return [...this.#workloads.values()]
  }

  containers(): Container[] {
    return this.all().filter((workload) => workload instanceof Container)
  }

  async create(name: string | undefined, spec: ContainerSpec): Promise<Workload | CreateRefusal> {
    const id = randomBytes(32).toString('hex')
    const key = name ?? id.slice(0, 12)
    if (this.#workloads.has(key)) return 'name taken'
    if (spec.argv.includes(SIDECAR_ARGUMENT)) return this.#add(new Sidecar(id, key, spec))
    const container = this.#container(id, key, spec)
    if (typeof container === 'string') return container
    this.#add(container)
    await this.#unpack(container)
    return container
  }

  /**
   * What is being removed is not found any more: a network that is gone at once beside a container that takes a while
   * to end would look to workerd like a container that lost its network.
   */
  async remove(workload: Workload): Promise<void> {
    if (this.#workloads.get(workload.name) === workload) this.#workloads.delete(workload.name)
    const removed = this.#leaving.get(workload) ?? workload.remove()
    this.#leaving.set(workload, removed)
    try {
      await removed
    } finally {
      this.#leaving.delete(workload)
    }
  }

  async removeAll(): Promise<void> {
    await Promise.all([...this.all(), ...this.#leaving.keys()].map((workload) => this.remove(workload)))
  }

  #add(workload: Workload): Workload {
    this.#workloads.set(workload.name, workload)
    return workload
  }

  #container(id: string, name: string, spec: ContainerSpec): Container | CreateRefusal {
    const image = this.images.find(spec.image)
    if (image === undefined) return 'no such image'
    if (spec.mounts.some(({ volume }) => this.volumes.find(volume) === undefined)) return 'no such volume'
    const directories = new ContainerDirectories(join(this.#root, id.slice(0, 12)))
    for (const { volume, path } of spec.mounts) {
      directories.mount(this.volumes.find(volume)?.directory ?? '', path)
    }
    return new Container({
      id,
      name,
      spec: spec.argv.length === 0 ? { ...spec, argv: image.entrypoint } : spec,
      directories,
      network: () => this.#network(spec),
      clock: this.#clock,
    })
  }

  async #unpack(container: Container): Promise<void> {
    const image = this.images.find(container.spec.image)
    if (image !== undefined) await this.images.unpack(image, container.directories.files)
  }

  #network({ networkOf }: ContainerSpec): ContainerNetwork {
    const owner = networkOf === undefined ? undefined : this.find(networkOf)
    return owner instanceof Sidecar ? owner : { address: undefined, proxyUrl: undefined }
  }
}
