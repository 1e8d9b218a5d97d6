import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'

/** Where a program that stays writes its answers, apart from what the code it runs prints. */
const ANSWERS = 3

export function hearLines(child: ChildProcess, onLine: (line: string) => void): void {
  const answers = child.stdio[ANSWERS]
  if (answers instanceof Readable) createInterface({ input: answers }).on('line', onLine)
}
