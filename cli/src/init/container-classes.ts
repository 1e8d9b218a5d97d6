/** Edits of a 1.x Worker: classes that drive `this.ctx.container`. */
import { UsageError } from '../errors.ts'
import { blank, closingOf } from './blank.ts'
import type { TextEdit } from './text-edit.ts'

const CLASS = /\bclass\s+(\w+)\s+extends\s+DurableObject\b[^{]*\{/g
const BARE = /this\.ctx\.container\b/g
/** Ways to the container that are not followed: what they lead to would go unseen. */
const ELSEWHERE = /(?<!this\.)\bctx\.container\b|\{[^}]*\bcontainer\b[^}]*\}\s*=\s*this\.ctx\b/
const WRAPPED = '#recorded'
const PACKAGE_HELPER = /\bnew\s+(Files|DirectoryBackup|S3Mount)\s*\(/g
/** What begins the call that wraps each of them. */
const WRAPPERS: Readonly<Record<string, string>> = {
  Files: 'this.sandglass.files(',
  DirectoryBackup: 'recordBackup(this.sandglass, ',
  S3Mount: 'recordMount(this.sandglass, ',
}

const FIELDS = `
  readonly sandglass = startSandglass(this.ctx)
  readonly ${WRAPPED} = recordContainer(this.sandglass, this.ctx)
`

/** Edits for every class that uses its container; none when no class does. */
export function containerEdits(text: string, path: string): readonly TextEdit[] {
  const code = blank(text, { keepStrings: false })
  return [...code.matchAll(CLASS)].flatMap(({ 0: head, 1: name = '', index }) => {
    const open = index + head.length - 1
    const close = closingOf(code, open)
    if (close === undefined)
      throw new UsageError(`${path}: the braces of class ${name} do not match; nothing was changed`)
    return classEdits(code, { name, path, open, close })
  })
}

interface FoundClass {
  readonly name: string
  readonly path: string
  readonly open: number
  readonly close: number
}

function classEdits(code: string, { name, path, open, close }: FoundClass): readonly TextEdit[] {
  const body = code.slice(open, close)
  if (body.search(BARE) < 0 && !ELSEWHERE.test(body)) return []
  if (ELSEWHERE.test(body))
    throw new UsageError(
      `${path}: class ${name} reaches its container otherwise than by this.ctx.container, which init cannot follow; ` +
        'write this.ctx.container there and run init again, or wrap it by hand as the README of @sandglass/sdk shows',
    )
  if (/\bsandglass\b|#recorded\b/.test(body))
    throw new UsageError(`${path}: class ${name} has a member called sandglass already; nothing was changed`)
  const helpers = helperEdits(body, open)
  const isInHelper = (at: number): boolean => helpers.some(({ from, to }) => at >= from && at < to)
  const uses = [...body.matchAll(BARE)]
    .map(({ 0: found, index }) => ({ start: open + index, end: open + index + found.length }))
    .filter(({ start }) => !isInHelper(start))
    .map((range) => ({ ...range, text: `this.${WRAPPED}` }))
  return [{ start: open + 1, end: open + 1, text: FIELDS }, ...helpers.flatMap(({ edits }) => edits), ...uses]
}

interface Helper {
  readonly from: number
  readonly to: number
  readonly edits: readonly TextEdit[]
}

/** The package's own helpers stay on the bare container, and are wrapped themselves. */
function helperEdits(body: string, offset: number): readonly Helper[] {
  return [...body.matchAll(PACKAGE_HELPER)].flatMap(({ 0: head, 1: kind = '', index }) => {
    const close = closingOf(body, index + head.length - 1)
    if (close === undefined || body.slice(index, close).search(BARE) < 0) return []
    const [from, to] = [offset + index, offset + close + 1]
    const before = { start: from, end: from, text: WRAPPERS[kind] ?? '' }
    return [{ from, to, edits: [before, { start: to, end: to, text: `, this.${WRAPPED}!)` }] }]
  })
}
