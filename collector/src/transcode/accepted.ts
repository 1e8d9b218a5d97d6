/** What became of the records of one request. */
export interface Accepted {
  readonly rows: number
  /** Records left out, for the partial success of the answer. */
  readonly rejected: number
  /** Why records were left out; absent when none was. */
  readonly reason?: string
}
