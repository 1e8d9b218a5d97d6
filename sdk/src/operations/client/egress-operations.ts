import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { facts, text } from '../readers.ts'
import { setting } from './define.ts'

const ofHost: Partial<Operation> = { facts: facts({ [attr.serverAddress]: text(0) }) }

/** Which hosts a sandbox reaches, and through what. */
export const egressOperations = {
  setOutboundHandler: setting('egress.intercept'),
  setOutboundByHost: setting('egress.intercept', ofHost),
  setOutboundByHosts: setting('egress.intercept'),
  removeOutboundByHost: setting('egress.intercept', ofHost),
  setAllowedHosts: setting('egress.allow'),
  allowHost: setting('egress.allow', ofHost),
  removeAllowedHost: setting('egress.allow', ofHost),
  setDeniedHosts: setting('egress.deny'),
  denyHost: setting('egress.deny', ofHost),
  removeDeniedHost: setting('egress.deny', ofHost),
} as const satisfies Record<string, Operation>
