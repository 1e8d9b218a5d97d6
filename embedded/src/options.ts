/** What `startEmbedded` needs to know. */
export interface EmbeddedOptions {
  /** Directory of the database; created when missing, owned by one engine process at a time. */
  readonly dataDir: string
  /** Port of the read-write interface, always on loopback. 0 (default) lets the system choose. */
  readonly writePort?: number
  /** Port of the guarded read-only interface. 0 (default) lets the system choose. */
  readonly readPort?: number
  /** Address the read port listens on, default `127.0.0.1`. Any other host needs `readToken` or `readTenants`. */
  readonly readHost?: string
  /** When set, the read port answers only to this password (Basic, `X-ClickHouse-Key` or Bearer). */
  readonly readToken?: string
  /**
   * Tokens whose readers see the rows of these tenants alone, in every table and view, within tighter limits. With any of them the
   * read port answers nobody without a token; `readToken`, if given, still sees everything.
   */
  readonly readTenants?: Readonly<Record<string, string | readonly string[]>>
  /** Receives the engine process's diagnostic lines; silent by default. */
  readonly log?: (line: string) => void
}

/** How the engine process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** A running embedded ClickHouse. */
export interface Embedded {
  /** `http://127.0.0.1:PORT`: everything allowed, for `username` with `password`. */
  readonly writeUrl: string
  /** `http://HOST:PORT`: reads only. */
  readonly readUrl: string
  readonly username: string
  readonly password: string
  /** File inside `dataDir`, mode 0600: JSON `{url, username, password}` of the write port. */
  readonly credentialsFile: string
  /** Process id of the engine process. */
  readonly pid: number
  /** Settles when the engine process has ended, whoever ended it. Never rejects. */
  readonly exited: Promise<Exit>
  /** Finishes running inserts, cancels running queries, then ends the engine process. Idempotent. */
  stop(): Promise<void>
}
