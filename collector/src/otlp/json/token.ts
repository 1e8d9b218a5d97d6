/** A run of ASCII that is looked for at one place of a body, four bytes at a time. */
export class Token {
  readonly length: number
  readonly #words: Int32Array
  /** Which bits of the last word belong to the token. */
  readonly #lastMask: number
  readonly #last: number

  constructor(text: string) {
    const padded = new DataView(new ArrayBuffer(text.length + 4))
    for (let i = 0; i < text.length; i++) padded.setUint8(i, text.charCodeAt(i))
    const whole = (text.length - 1) >> 2
    this.length = text.length
    this.#words = Int32Array.from({ length: whole }, (_, i) => padded.getInt32(4 * i, true))
    this.#last = padded.getInt32(4 * whole, true)
    this.#lastMask = -1 >>> (8 * (4 * (whole + 1) - text.length))
  }

  /** Whether the token stands at `at`. Close to the end of the body it is not found: callers have a slower way as well. */
  isAt(view: DataView, at: number): boolean {
    const words = this.#words
    const end = at + 4 * words.length
    if (end + 4 > view.byteLength) return false
    let to = at
    for (let i = 0; i < words.length; i++, to += 4) if (view.getInt32(to, true) !== words[i]) return false
    return (view.getInt32(end, true) & this.#lastMask) === this.#last
  }
}
