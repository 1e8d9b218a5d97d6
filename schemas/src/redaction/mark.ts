/** What stands where a secret was, with the rule that found it. */
export function redactionMark(rule: string): string {
  return `${MARK_START}${rule}]`
}

const MARK_START = '[redacted:'

/** Whether something that was redacted before stands at `at`: it is left as it is. */
export function isMarkAt(text: string, at: number): boolean {
  return text.startsWith(MARK_START, at)
}

export function hasMark(text: string): boolean {
  return text.includes(MARK_START)
}
