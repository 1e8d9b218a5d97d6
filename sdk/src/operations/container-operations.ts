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
    says: 'Starts the container; returns before it is ready',
    answer: 'value',
    gated: true,
    effect: 'start',
  },
  exec: {
    name: 'exec',
    says: 'Runs a command; the span lasts as long as the process and the streams read from it',
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
    says: 'Waits for the container to exit; told as lifecycle events',
    answer: 'promise',
    gated: false,
    effect: 'monitor',
    spanless: true,
  },
  destroy: {
    name: 'destroy',
    says: 'Stops the container for good, after a last usage interval',
    answer: 'promise',
    gated: false,
    effect: 'destroy',
  },
  signal: {
    name: 'signal',
    says: 'Sends a signal to the entry process',
    answer: 'value',
    gated: false,
    facts: ([signal]) => ({ [attr.killSignal]: typeof signal === 'number' ? signal : undefined }),
  },
  getTcpPort: {
    name: 'port.fetch',
    says: 'A port; the span is one request through it',
    answer: 'fetcher',
    gated: true,
    facts: ([port]) => ({ [attr.serverPort]: typeof port === 'number' ? port : undefined }),
    subject: (facts) => ({ kind: 'port', subject: textOf(facts, attr.serverPort) }),
  },
  setInactivityTimeout: {
    name: 'timeout.set',
    says: 'Sets how long the container may be idle',
    answer: 'promise',
    gated: false,
  },
  interceptOutboundHttp: {
    name: 'egress.intercept',
    says: 'Sends outbound HTTP of a host to a handler',
    answer: 'promise',
    gated: false,
    facts: ([address]) => ({ [attr.serverAddress]: typeof address === 'string' ? address : undefined }),
  },
  interceptAllOutboundHttp: {
    name: 'egress.intercept',
    says: 'Sends all outbound HTTP to a handler',
    answer: 'promise',
    gated: false,
  },
  interceptOutboundHttps: {
    name: 'egress.intercept',
    says: 'Sends outbound HTTPS of a host to a handler',
    answer: 'promise',
    gated: false,
    facts: ([address]) => ({ [attr.serverAddress]: typeof address === 'string' ? address : undefined }),
  },
  snapshotContainer: {
    name: 'snapshot.create',
    says: 'Saves the file system of the container',
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
    says: 'Reads labels and image',
    answer: 'promise',
    gated: false,
  },
}
