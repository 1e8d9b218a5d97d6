/** What the parent tells the engine process, once, right after the start. */
export interface Start {
  readonly type: 'start'
  readonly dataDir: string
  /** 0 lets the system choose; so for `readPort`. */
  readonly writePort: number
  readonly readPort: number
  readonly readHost: string
  /** Left out when the read port answers without a token. */
  readonly readToken?: string
  /** Tenants that a token of the read port is held to. */
  readonly readTenants?: Readonly<Record<string, readonly string[]>>
  /** Of the write port. */
  readonly username: string
  readonly password: string
}

/** Asks the engine process to end in good order. */
export interface Stop {
  readonly type: 'stop'
}

/** Both ports answer. */
export interface Ready {
  readonly type: 'ready'
  readonly writePort: number
  readonly readPort: number
  readonly credentialsFile: string
}

/** The engine process could not start and ends. */
export interface Failed {
  readonly type: 'failed'
  readonly message: string
}

export type ToChild = Start | Stop
export type ToParent = Ready | Failed
