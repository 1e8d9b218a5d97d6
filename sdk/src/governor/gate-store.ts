/** The state of a gate: in memory for every check, in storage before anything is done. */
import { gateStateSchema, type GateState } from '@sandglass/schemas/governor/state'
import { awakeState } from './gate-state.ts'
import type { GateStorage } from './ports.ts'

const STATE_KEY = 'sandglass:gate'

export class GateStore {
  readonly #storage: GateStorage
  #state: GateState = awakeState
  #isLoaded = false

  constructor(storage: GateStorage) {
    this.#storage = storage
  }

  get state(): GateState {
    return this.#state
  }

  /** What is stored may be a suspension: until it was read, nothing may run. */
  get isLoaded(): boolean {
    return this.#isLoaded
  }

  /** Throws when what is stored is not a gate's state: then nothing may run. */
  async load(): Promise<void> {
    const stored = await this.#storage.get(STATE_KEY)
    if (stored !== undefined) this.#state = gateStateSchema.parse(stored)
    this.#isLoaded = true
  }

  /** In force at once; durable when the promise resolves. */
  async save(state: GateState): Promise<void> {
    this.#state = state
    await this.#storage.put(STATE_KEY, state)
  }
}
