import { attr, type AttributeName } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { OperationTable } from './operation.ts'

/** Every method of `Files` in the 1.x API. */
export type FilesMethod =
  | 'readFile'
  | 'writeFile'
  | 'stat'
  | 'lstat'
  | 'readDirectory'
  | 'mkdir'
  | 'rename'
  | 'remove'

const pathOf = ([path]: readonly unknown[]): Facts => ({ [attr.filePath]: textOrNone(path) })
const textOrNone = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Bytes of what is written, where it has a length. */
function sizeOf(content: unknown): number | undefined {
  if (typeof content === 'string') return new TextEncoder().encode(content).byteLength
  if (content instanceof ArrayBuffer || ArrayBuffer.isView(content)) return content.byteLength
  return content instanceof Blob ? content.size : undefined
}

const subjectOf = (name: AttributeName) => (facts: Facts) => ({
  kind: 'path' as const,
  subject: String(facts[name] ?? ''),
})

export const filesOperations: OperationTable<FilesMethod> = {
  readFile: { name: 'file.read', answer: 'promise', gated: true, facts: pathOf },
  writeFile: {
    name: 'file.write',
    answer: 'promise',
    gated: true,
    effect: 'write',
    facts: ([path, content]) => ({ [attr.filePath]: textOrNone(path), [attr.fileSize]: sizeOf(content) }),
    subject: subjectOf(attr.filePath),
  },
  stat: { name: 'file.stat', answer: 'promise', gated: true, facts: pathOf },
  lstat: {
    name: 'file.stat',
    answer: 'promise',
    gated: true,
    facts: pathOf,
  },
  readDirectory: {
    name: 'directory.read',
    answer: 'promise',
    gated: true,
    facts: pathOf,
  },
  mkdir: {
    name: 'directory.create',
    answer: 'promise',
    gated: true,
    facts: pathOf,
  },
  rename: {
    name: 'file.rename',
    answer: 'promise',
    gated: true,
    effect: 'rename',
    facts: ([from, to]) => ({ [attr.filePathBefore]: textOrNone(from), [attr.filePath]: textOrNone(to) }),
    subject: subjectOf(attr.filePath),
  },
  remove: {
    name: 'file.remove',
    answer: 'promise',
    gated: true,
    effect: 'remove',
    facts: pathOf,
    subject: subjectOf(attr.filePath),
  },
}
