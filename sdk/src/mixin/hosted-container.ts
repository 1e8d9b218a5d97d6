import { createSandbox, type WatchedSandbox } from '../container/sandbox.ts'
import type { ContainerLike } from '../container/container-like.ts'
import type { SandboxSpec } from '../container/sandbox-spec.ts'
import type { Instrument } from '../instrument.ts'
import { internalsOf, type Internals } from '../internals.ts'
import type { Sandglass } from '../sandglass.ts'

/** `ctx.container` as a class that drives it sees it. */
export interface HostContainer extends ContainerLike {
  monitor(): Promise<void>
}

/** The container of one Durable Object, told of by the class that drives it: each start and each end once. */
export class HostedContainer {
  readonly sandglass: Sandglass
  readonly sandbox: WatchedSandbox
  readonly internals: Internals
  readonly spec: SandboxSpec
  readonly #container: HostContainer
  #isLive: boolean
  #isIdle = false
  #isDying = false
  #watched: Promise<void> | undefined

  constructor(sandglass: Sandglass, container: HostContainer, spec: SandboxSpec) {
    const internals = internalsOf(sandglass)
    this.sandglass = sandglass
    this.internals = internals
    this.spec = spec
    this.sandbox = createSandbox(internals.instrument, internals.policy, container, spec)
    this.#container = container
    this.#isLive = container.running
    internals.instrument.sandboxes.add(this.sandbox)
    if (this.#isLive) void this.#watch()
  }

  get instrument(): Instrument {
    return this.internals.instrument
  }

  /** Whether a start now would be the first of a new container. */
  get isStopped(): boolean {
    return !this.#isLive && !this.#container.running
  }

  starting(): void {
    this.#isLive = true
    this.sandbox.started()
  }

  /** Starting failed, unless the container runs all the same. */
  startFailed(error: unknown): void {
    if (this.#container.running) return
    const exited = this.sandbox.lifecycle.watchExit()
    this.#ended()
    exited(error)
  }

  /** It runs, whoever started it: the object before this one, perhaps. A new object may learn late that it does. */
  adopt(): void {
    this.#isLive = true
    void this.#watch()
  }

  /** It answers. Told again of the same container, this changes nothing. */
  ready(): void {
    this.adopt()
    this.sandbox.lifecycle.ready()
  }

  /** Whether a stop now is because nobody used it. */
  idling(isIdle: boolean): void {
    this.#isIdle = isIdle
  }

  /** It is being stopped: what it is told to be is not a failure. */
  stopping(): void {
    const { lifecycle } = this.sandbox
    if (this.#isIdle) lifecycle.expect('slept', 'idle')
    else lifecycle.expect('stopped', 'operator')
  }

  /** Before it is destroyed: resolves when the last interval is told, or soon. */
  async destroying(): Promise<void> {
    if (this.isStopped) return
    this.#isDying = true
    await this.sandbox.ending()
    this.sandbox.lifecycle.destroying()
  }

  destroyed(): void {
    this.#isLive = false
    if (this.#isDying) this.sandbox.lifecycle.destroyed()
    this.#isDying = false
  }

  /** Destroying it failed. */
  spared(): void {
    if (this.#isDying) {
      this.sandbox.lifecycle.spared()
      this.sandbox.spared()
    }
    this.#isDying = false
  }

  /** The hooks of the class may run long after the container has ended. */
  #watch(): Promise<void> {
    this.#watched ??= this.#untilExit().finally(() => (this.#watched = undefined))
    return this.#watched
  }

  async #untilExit(): Promise<void> {
    const exited = this.sandbox.lifecycle.watchExit()
    let error: unknown
    try {
      await this.#container.monitor()
    } catch (reason) {
      error = reason
    }
    this.instrument.guard(() => {
      this.#ended()
      exited(error)
    })
  }

  #ended(): void {
    this.#isLive = false
    this.instrument.settling.track(this.sandbox.ending())
  }
}
