import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { facts, resultFacts, number, size, text, type Reader } from '../readers.ts'
import { operation, subject } from './define.ts'

const asksPolicy: Partial<Operation> = { subject: subject('path', attr.filePath) }

/** A call on one path. */
const onPath = (session: Reader): Partial<Operation> => ({
  facts: facts({ [attr.filePath]: text(0), [attr.sessionId]: session }),
})

const changesPath = (session: Reader): Partial<Operation> => ({ ...onPath(session), ...asksPolicy })

const moves: Partial<Operation> = {
  ...asksPolicy,
  effect: 'rename',
  facts: facts({
    [attr.filePathBefore]: text(0),
    [attr.filePath]: text(1),
    [attr.sessionId]: text(2),
  }),
}

const inOptions = text(1, 'sessionId')

export const fileOperations = {
  writeFile: operation('file.write', {
    ...asksPolicy,
    effect: 'write',
    facts: facts({
      [attr.filePath]: text(0),
      [attr.fileSize]: size(1),
      [attr.sessionId]: text(2, 'sessionId'),
    }),
  }),
  readFile: operation('file.read', {
    ...onPath(inOptions),
    resultFacts: resultFacts({ [attr.fileSize]: number(0, 'size') }),
  }),
  readFileStream: operation('file.read', { ...onPath(inOptions), answer: 'stream' }),
  watch: operation('file.watch', { ...onPath(inOptions), answer: 'stream', effect: 'watch' }),
  checkChanges: operation('file.watch', onPath(inOptions)),
  mkdir: operation('directory.create', changesPath(inOptions)),
  deleteFile: operation('file.remove', { ...changesPath(text(1)), effect: 'remove' }),
  renameFile: operation('file.rename', moves),
  moveFile: operation('file.rename', moves),
  listFiles: operation('directory.read', onPath(inOptions)),
  exists: operation('file.stat', { ...onPath(text(1)), effect: 'stat' }),
  gitCheckout: operation('git.checkout', {
    facts: facts({
      [attr.repositoryUrl]: text(0),
      [attr.filePath]: text(1, 'targetDir'),
      [attr.sessionId]: inOptions,
    }),
    resultFacts: resultFacts({ [attr.filePath]: text(0, 'targetDir') }),
  }),
} as const satisfies Record<string, Operation>
