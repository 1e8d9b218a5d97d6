/** A runbook: what an alert means, and the queries that say what happened. */

/** The four headings of every runbook, in order. */
export const runbookHeadings = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'] as const

export type RunbookHeading = (typeof runbookHeadings)[number]

export interface Runbook {
  /** The name of its alert. */
  readonly name: string
  readonly sections: Readonly<Record<RunbookHeading, string>>
  /** In the order of the text, which is the order to run them in. Never empty. */
  readonly queries: readonly RunbookQuery[]
}

export interface RunbookQuery {
  readonly name: string
  /** What the answer shows. */
  readonly description: string
  readonly parameters: readonly RunbookParameter[]
  /** ClickHouse SQL with `{name:Type}` placeholders, one for each parameter. */
  readonly sql: string
}

export interface RunbookParameter {
  readonly name: string
  /** ClickHouse type of the placeholder, such as String or UInt32. */
  readonly type: string
  readonly description: string
  /** Absent: the caller must give a value. */
  readonly defaultValue?: string
}

/** A runbook, query or parameter that cannot be used as asked. The message says what to change. */
export class RunbookError extends Error {
  override readonly name = 'RunbookError'
}
