import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { facts, number, resultFacts, text } from '../readers.ts'
import { operation, setting } from './define.ts'

const idOfResult = resultFacts({ [attr.sessionId]: text(0, 'id') })

export const sessionOperations = {
  createSession: operation('session.create', { effect: 'session', resultFacts: idOfResult }),
  getSession: operation('session.get', {
    effect: 'session',
    facts: facts({ [attr.sessionId]: text(0) }),
    resultFacts: idOfResult,
  }),
  deleteSession: operation('session.delete', { facts: facts({ [attr.sessionId]: text(0) }) }),
  setEnvVars: operation('environment.set'),
  terminal: operation('terminal.open', {
    resultFacts: resultFacts({ [attr.responseStatus]: number(0, 'status') }),
  }),
  getContainerPlacementId: setting('placement.get'),
} as const satisfies Record<string, Operation>
