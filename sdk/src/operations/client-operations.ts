import { attr, type AttributeName } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { FileOperation } from '../files/changes.ts'
import type { Effect, Operation, OperationTable } from './operation.ts'
import { readNumber, readText } from './read.ts'

/** Every method of the 0.12 client (`ISandbox`), and of its sessions, which have most of them. */
export type ClientMethod =
  | 'exec'
  | 'execStream'
  | 'startProcess'
  | 'listProcesses'
  | 'getProcess'
  | 'killProcess'
  | 'killAllProcesses'
  | 'streamProcessLogs'
  | 'cleanupCompletedProcesses'
  | 'getProcessLogs'
  | 'writeFile'
  | 'readFile'
  | 'readFileStream'
  | 'watch'
  | 'checkChanges'
  | 'mkdir'
  | 'deleteFile'
  | 'renameFile'
  | 'moveFile'
  | 'listFiles'
  | 'exists'
  | 'gitCheckout'
  | 'setEnvVars'
  | 'mountBucket'
  | 'unmountBucket'
  | 'createSession'
  | 'deleteSession'
  | 'getContainerPlacementId'
  | 'createCodeContext'
  | 'runCode'
  | 'runCodeStream'
  | 'listCodeContexts'
  | 'deleteCodeContext'
  | 'createBackup'
  | 'restoreBackup'
  | 'wsConnect'

export const fileChanges: Partial<Record<Effect, FileOperation>> = {
  write: 'modify',
  rename: 'rename',
  remove: 'delete',
}

const textOrNone = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const executable = (command: unknown): string | undefined =>
  textOrNone(command)?.trim().split(/\s/, 1)[0]?.split('/').at(-1)
const textOf = (facts: Facts, name: AttributeName): string => String(facts[name] ?? '')
const sizeOf = (value: unknown): number | undefined =>
  typeof value === 'string' ? new TextEncoder().encode(value).byteLength : undefined

const operation = (name: string, says: string, more: Partial<Operation> = {}): Operation => ({
  name,
  says,
  answer: 'promise',
  gated: true,
  ...more,
})

const command: Partial<Operation> = {
  facts: ([line, options]) => ({
    [attr.commandLine]: textOrNone(line),
    [attr.executableName]: executable(line),
    [attr.workingDirectory]: readText(options, 'cwd'),
    [attr.sessionId]: readText(options, 'sessionId'),
  }),
  span: (facts) => textOf(facts, attr.executableName) || 'exec',
  subject: (facts) => ({ kind: 'command', subject: textOf(facts, attr.commandLine) }),
}

const onPath: Partial<Operation> = { facts: ([path]) => ({ [attr.filePath]: textOrNone(path) }) }
const changesPath: Partial<Operation> = {
  ...onPath,
  subject: (facts) => ({ kind: 'path', subject: textOf(facts, attr.filePath) }),
}
const moves: Partial<Operation> = {
  ...changesPath,
  effect: 'rename',
  facts: ([from, to]) => ({ [attr.filePathBefore]: textOrNone(from), [attr.filePath]: textOrNone(to) }),
}

export const clientOperations: OperationTable<ClientMethod | 'getSession'> = {
  exec: operation('exec', 'Runs a command to its end', {
    ...command,
    resultFacts: (result) => ({
      [attr.exitCode]: readNumber(result, 'exitCode'),
      [attr.stdoutSize]: sizeOf(readText(result, 'stdout')),
      [attr.stderrSize]: sizeOf(readText(result, 'stderr')),
    }),
  }),
  execStream: operation('exec', 'Runs a command and streams its events', { ...command, answer: 'stream' }),
  startProcess: operation('process.start', 'Starts a background process', {
    ...command,
    resultFacts: (result) => ({ [attr.pid]: readNumber(result, 'pid') }),
  }),
  listProcesses: operation('process.list', 'Lists background processes'),
  getProcess: operation('process.get', 'Looks at a background process'),
  killProcess: operation('process.kill', 'Ends a background process'),
  killAllProcesses: operation('process.kill', 'Ends all background processes'),
  streamProcessLogs: operation('process.logs', 'Streams the output of a background process', {
    answer: 'stream',
  }),
  cleanupCompletedProcesses: operation('process.cleanup', 'Forgets ended background processes'),
  getProcessLogs: operation('process.logs', 'Reads the output of a background process'),
  writeFile: operation('file.write', 'Writes a file; one `sandbox.file.mutated` event, exact', {
    ...changesPath,
    effect: 'write',
    facts: ([path, content]) => ({ [attr.filePath]: textOrNone(path), [attr.fileSize]: sizeOf(content) }),
  }),
  readFile: operation('file.read', 'Reads a file', onPath),
  readFileStream: operation('file.read', 'Streams a file', { ...onPath, answer: 'stream' }),
  watch: operation('file.watch', 'Streams changes under a path', { ...onPath, answer: 'stream' }),
  checkChanges: operation('file.watch', 'Asks for changes under a path', onPath),
  mkdir: operation('directory.create', 'Makes a directory', changesPath),
  deleteFile: operation('file.remove', 'Removes a file; one `sandbox.file.mutated` event, exact', {
    ...changesPath,
    effect: 'remove',
  }),
  renameFile: operation('file.rename', 'Renames a file; one `sandbox.file.mutated` event, exact', moves),
  moveFile: operation('file.rename', 'Moves a file; one `sandbox.file.mutated` event, exact', moves),
  listFiles: operation('directory.read', 'Lists a directory', onPath),
  exists: operation('file.stat', 'Asks whether a file is there', onPath),
  gitCheckout: operation('git.checkout', 'Clones a repository', {
    facts: ([url]) => ({ [attr.repositoryUrl]: textOrNone(url) }),
  }),
  setEnvVars: operation(
    'environment.set',
    'Sets environment variables; neither names nor values are recorded',
  ),
  mountBucket: operation('bucket.mount', 'Mounts a bucket'),
  unmountBucket: operation('bucket.unmount', 'Unmounts a bucket'),
  createSession: operation('session.create', 'Makes a session; the session is wrapped too', {
    effect: 'session',
  }),
  getSession: operation('session.get', 'Finds a session; the session is wrapped too', { effect: 'session' }),
  deleteSession: operation('session.delete', 'Ends a session', {
    facts: ([id]) => ({ [attr.sessionId]: textOrNone(id) }),
  }),
  getContainerPlacementId: operation('placement.get', 'Asks where the container runs', { gated: false }),
  createCodeContext: operation('code.context.create', 'Makes a code interpreter'),
  runCode: operation('code.run', 'Runs code in an interpreter; the code is not recorded'),
  runCodeStream: operation('code.run', 'Runs code and streams its events', { answer: 'stream' }),
  listCodeContexts: operation('code.context.list', 'Lists code interpreters'),
  deleteCodeContext: operation('code.context.delete', 'Ends a code interpreter'),
  createBackup: operation('snapshot.create', 'Saves a directory', {
    resultFacts: (result) => ({ [attr.snapshotId]: readText(result, 'id') }),
  }),
  restoreBackup: operation('snapshot.restore', 'Restores a directory', {
    facts: ([backup]) => ({ [attr.snapshotId]: readText(backup, 'id') }),
  }),
  wsConnect: operation('port.connect', 'Opens a web socket to a port', {
    facts: ([, port]) => ({ [attr.serverPort]: typeof port === 'number' ? port : undefined }),
    subject: (facts) => ({ kind: 'port', subject: textOf(facts, attr.serverPort) }),
  }),
}
