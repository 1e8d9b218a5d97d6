import { attr, type AttributeName } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import { executableOf, renderCommand } from '../process/command-line.ts'
import { readNumber, readText } from './read.ts'
import type { OperationTable } from './operation.ts'

const textOf = (facts: Facts, name: AttributeName): string => String(facts[name] ?? '')

/** Every method of `ctx.container` in the 1.x API. */
export type ContainerMethod =
  | 'start'
  | 'exec'
  | 'monitor'
  | 'destroy'
  | 'signal'
  | 'getTcpPort'
  | 'setInactivityTimeout'
  | 'interceptOutboundHttp'
  | 'interceptAllOutboundHttp'
  | 'interceptOutboundHttps'
  | 'snapshotContainer'
  | 'inspect'

export const containerOperations: OperationTable<ContainerMethod> = {
  start: {
    name: 'start',
    answer: 'value',
    gated: true,
    effect: 'start',
  },
  exec: {
    name: 'exec',
    answer: 'process',
    gated: true,
    effect: 'command',
    span: (facts) => textOf(facts, attr.executableName) || 'exec',
    facts: ([command, options]) => ({
      [attr.commandLine]: renderCommand(command),
      [attr.executableName]: executableOf(command),
      [attr.workingDirectory]: readText(options, 'cwd'),
    }),
    subject: (facts) => ({ kind: 'command', subject: textOf(facts, attr.commandLine) }),
  },
  monitor: {
    name: 'monitor',
    answer: 'promise',
    gated: false,
    effect: 'monitor',
    spanless: true,
  },
  destroy: {
    name: 'destroy',
    answer: 'promise',
    gated: false,
    effect: 'destroy',
  },
  signal: {
    name: 'signal',
    answer: 'value',
    gated: false,
    facts: ([signal]) => ({ [attr.killSignal]: typeof signal === 'number' ? signal : undefined }),
  },
  getTcpPort: {
    name: 'port.fetch',
    answer: 'fetcher',
    gated: true,
    facts: ([port]) => ({ [attr.serverPort]: typeof port === 'number' ? port : undefined }),
    subject: (facts) => ({ kind: 'port', subject: textOf(facts, attr.serverPort) }),
  },
  setInactivityTimeout: {
    name: 'timeout.set',
    answer: 'promise',
    gated: false,
  },
  interceptOutboundHttp: {
    name: 'egress.intercept',
    answer: 'promise',
    gated: false,
    facts: ([address]) => ({ [attr.serverAddress]: typeof address === 'string' ? address : undefined }),
  },
  interceptAllOutboundHttp: {
    name: 'egress.intercept',
    answer: 'promise',
    gated: false,
  },
  interceptOutboundHttps: {
    name: 'egress.intercept',
    answer: 'promise',
    gated: false,
    facts: ([address]) => ({ [attr.serverAddress]: typeof address === 'string' ? address : undefined }),
  },
  snapshotContainer: {
    name: 'snapshot.create',
    answer: 'promise',
    gated: true,
    effect: 'snapshot',
    resultFacts: (result) => ({
      [attr.snapshotId]: readText(result, 'id'),
      [attr.snapshotSize]: readNumber(result, 'size'),
    }),
  },
  inspect: {
    name: 'inspect',
    answer: 'promise',
    gated: false,
  },
}
