/** Edits of a 0.12 Worker: calls of `getSandbox()`. */
import { UsageError } from '../errors.ts'
import { blank, closingOf } from './blank.ts'
import type { TextEdit } from './text-edit.ts'

const CALL = /\bgetSandbox\s*(?:<[^>()]*>)?\s*\(/g
const IMPORTS = /^import\b[^;]*?\bfrom\b/gm

/** Edits for every call; none when there is none. */
export function clientEdits(text: string, path: string): readonly TextEdit[] {
  const code = blank(text, { keepStrings: false })
  const calls = [...code.matchAll(CALL)]
  const mentions = code.replaceAll(IMPORTS, '').match(/\bgetSandbox\b/g)?.length ?? 0
  if (mentions > calls.length)
    throw new UsageError(
      `${path} uses getSandbox without calling it, which init cannot follow; ` +
        'wrap what it returns by hand: startSandglass().client(getSandbox(…))',
    )
  return calls.flatMap(({ 0: head, index }) => {
    const close = closingOf(code, index + head.length - 1)
    if (close === undefined)
      throw new UsageError(`${path}: the parentheses of getSandbox( do not match; nothing was changed`)
    return [
      { start: index, end: index, text: 'startSandglass().client(' },
      { start: close + 1, end: close + 1, text: ')' },
    ]
  })
}
