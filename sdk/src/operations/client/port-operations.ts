import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { either, facts, number, resultFacts, text } from '../readers.ts'
import { operation, setting, subject } from './define.ts'

const onPort = (index: number): Partial<Operation> => ({
  facts: facts({ [attr.serverPort]: number(index) }),
})
const asksPolicy: Partial<Operation> = { subject: subject('port', attr.serverPort) }
const status = resultFacts({ [attr.responseStatus]: number(0, 'status') })

export const portOperations = {
  wsConnect: operation('port.connect', { ...onPort(1), ...asksPolicy, resultFacts: status }),
  fetch: operation('port.fetch', {
    facts: facts({ [attr.requestMethod]: either(text(1, 'method'), text(0, 'method')) }),
    resultFacts: status,
  }),
  containerFetch: operation('port.fetch', {
    facts: facts({
      [attr.requestMethod]: either(text(1, 'method'), text(0, 'method')),
      [attr.serverPort]: either(number(2), number(1)),
    }),
    resultFacts: status,
  }),
  exposePort: operation('port.expose', { ...onPort(0), ...asksPolicy }),
  unexposePort: setting('port.unexpose', onPort(0)),
  getExposedPorts: setting('port.list'),
  isPortExposed: setting('port.list', onPort(0)),
  validatePortToken: setting('port.token.check', onPort(0)),
  waitForPort: operation('port.wait', { facts: facts({ [attr.serverPort]: number(0, 'portToCheck') }) }),
} as const satisfies Record<string, Operation>

/** What `tunnels` of a sandbox can be asked. */
export const tunnelOperations = {
  get: operation('tunnel.open', { ...onPort(0), ...asksPolicy }),
  list: setting('tunnel.list'),
  destroy: setting('tunnel.close', {
    facts: facts({ [attr.serverPort]: either(number(0), number(0, 'port')) }),
  }),
} as const satisfies Record<string, Operation>

export type TunnelMethod = keyof typeof tunnelOperations
