/** Reads and edits JSON with comments, leaving everything else as its author wrote it. */
import { blank, closingOf } from './blank.ts'

/** Undefined for what is no object. */
export function parseJsonc(text: string): Readonly<Record<string, unknown>> | undefined {
  const plain = blank(text, { keepStrings: true }).replaceAll(/,(\s*[}\]])/g, '$1')
  try {
    const value: unknown = JSON.parse(plain)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Adds an item to a list or object that begins at `open`. */
function addInside(text: string, open: number, item: string): string {
  const rest = text.slice(open + 1)
  const isEmpty = /^\s*[\]}]/.test(blank(rest, { keepStrings: true }))
  return `${text.slice(0, open + 1)}${item}${isEmpty ? '' : ', '}${isEmpty ? rest.trimStart() : rest}`
}

/** Position of the value of a property of the outermost object. */
function valueOf(text: string, name: string): number | undefined {
  const code = blank(text, { keepStrings: true })
  const pattern = new RegExp(`"${name}"\\s*:\\s*`, 'g')
  for (const { 0: found, index } of code.matchAll(pattern))
    if (depthAt(code, index) === 1) return index + found.length
  return undefined
}

function depthAt(code: string, at: number): number {
  const before = blank(code.slice(0, at), { keepStrings: false })
  return before
    .split('')
    .reduce((depth, c) => depth + ('{['.includes(c) ? 1 : 0) - ('}]'.includes(c) ? 1 : 0), 0)
}

function addProperty(text: string, name: string, value: string): string {
  const code = blank(text, { keepStrings: false })
  const open = code.indexOf('{')
  const close = closingOf(code, open) ?? text.length
  const inside = text.slice(0, close).trimEnd()
  const last = blank(inside, { keepStrings: true }).trimEnd().at(-1)
  const comma = last === ',' || last === '{' ? '' : ','
  // A comment may follow the last value: the comma goes before it.
  const end = blank(inside, { keepStrings: true }).trimEnd().length
  return `${inside.slice(0, end)}${comma}${inside.slice(end)}\n\t"${name}": ${value}\n${text.slice(close)}`
}

/** The text with `item` in the list or object `name`, which is made where it is missing. */
export function addTo(text: string, name: string, brackets: '[]' | '{}', item: string): string {
  const [open = '', close = ''] = brackets
  const at = valueOf(text, name)
  return at === undefined ? addProperty(text, name, `${open}${item}${close}`) : addInside(text, at, item)
}

/** The text with a property that it does not have yet. */
export const addNew = addProperty
