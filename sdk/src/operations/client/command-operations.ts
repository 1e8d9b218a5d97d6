import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { either, facts, number, program, resultFacts, signal, size, text, type Reader } from '../readers.ts'
import { operation, subject, textOf } from './define.ts'

/** A command line, whose session is where `session` reads it. */
const command = (session: Reader): Partial<Operation> => ({
  isTraced: true,
  facts: facts({
    [attr.commandLine]: text(0),
    [attr.executableName]: program(0),
    [attr.workingDirectory]: text(1, 'cwd'),
    [attr.sessionId]: session,
  }),
  span: (read) => textOf(read, attr.executableName) || 'exec',
  subject: subject('command', attr.commandLine),
})

const result = resultFacts({
  [attr.exitCode]: number(0, 'exitCode'),
  [attr.stdoutSize]: size(0, 'stdout'),
  [attr.stderrSize]: size(0, 'stderr'),
})

const inOptions = text(1, 'sessionId')
const sessionAt = (index: number): Partial<Operation> => ({ facts: facts({ [attr.sessionId]: text(index) }) })
const logs = resultFacts({ [attr.stdoutSize]: size(0, 'stdout'), [attr.stderrSize]: size(0, 'stderr') })

export const commandOperations = {
  exec: operation('exec', { ...command(inOptions), resultFacts: result }),
  execStream: operation('exec', { ...command(inOptions), answer: 'events' }),
  execWithSessionToken: operation('exec', { ...command(text(1)), isTraced: false, resultFacts: result }),
  execStreamWithSessionToken: operation('exec', { ...command(text(1)), isTraced: false, answer: 'events' }),
  startProcess: operation('process.start', {
    ...command(either(inOptions, text(2))),
    effect: 'process',
    resultFacts: resultFacts({ [attr.pid]: number(0, 'pid') }),
  }),
  listProcesses: operation('process.list', { ...sessionAt(0), effect: 'processes' }),
  getProcess: operation('process.get', { ...sessionAt(1), effect: 'process' }),
  killProcess: operation('process.kill', {
    facts: facts({ [attr.killSignal]: signal(1), [attr.sessionId]: text(2) }),
  }),
  killAllProcesses: operation('process.kill', sessionAt(0)),
  cleanupCompletedProcesses: operation('process.cleanup', sessionAt(0)),
  getProcessLogs: operation('process.logs', { ...sessionAt(1), resultFacts: logs }),
  streamProcessLogs: operation('process.logs', { answer: 'events' }),
} as const satisfies Record<string, Operation>

/** What a background process can be asked. */
export const processOperations = {
  kill: operation('process.kill', { facts: facts({ [attr.killSignal]: signal(0) }) }),
  getStatus: operation('process.get'),
  getLogs: operation('process.logs', { resultFacts: logs }),
  waitForLog: operation('process.wait'),
  waitForPort: operation('process.wait', { facts: facts({ [attr.serverPort]: number(0) }) }),
  waitForExit: operation('process.wait', {
    resultFacts: resultFacts({ [attr.exitCode]: number(0, 'exitCode') }),
  }),
} as const satisfies Record<string, Operation>

export type ProcessMethod = keyof typeof processOperations
