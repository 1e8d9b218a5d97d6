/** A collector under test, whichever it is. */
export interface Subject {
  readonly name: string
  /** Where it takes OTLP/HTTP. */
  readonly url: string
  readonly pid: number
  /** Ends it in good order, which ships what it holds. */
  stop(): Promise<void>
}
