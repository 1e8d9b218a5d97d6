/**
 * A request body that is no OTLP message. Retrying it cannot help: the receiver answers 400.
 * `offset` is the byte of the body at which decoding stopped.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly offset: number

  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`)
    this.offset = offset
  }
}
