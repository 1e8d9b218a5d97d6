/** What a sink was sent, table by table. */
export interface Tally {
  readonly inserts: number
  readonly bytes: number
  /** Rows that a ClickHouse would have stored: an insert repeated under its token counts once. */
  readonly rows: number
  /** Inserts that came again under their token. */
  readonly repeats: number
}

const NOTHING: Tally = { inserts: 0, bytes: 0, rows: 0, repeats: 0 }

export class Tallies {
  readonly #byTable = new Map<string, Tally>()
  readonly #tokens = new Set<string>()

  of(table: string): Tally {
    return this.#byTable.get(table) ?? NOTHING
  }

  add(table: string, token: string | undefined, bytes: number, rows: number): void {
    const before = this.of(table)
    const repeated = token !== undefined && this.#tokens.has(token)
    if (token !== undefined) this.#tokens.add(token)
    this.#byTable.set(table, {
      inserts: before.inserts + 1,
      bytes: before.bytes + bytes,
      rows: before.rows + (repeated ? 0 : rows),
      repeats: before.repeats + (repeated ? 1 : 0),
    })
  }
}
