import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Refusal } from '../receive/refusal.ts'
import { createRateLimit } from './rate-limit.ts'
import { createLocalTenant, createTenants } from './tenants.ts'

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

const refusalOf = (action: () => unknown): Refusal => {
  try {
    action()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('was not refused')
}

test('a token names its tenant, in any spelling of the scheme; every other header is refused alike', () => {
  const tenants = createTenants({}, 1)
  tenants.replace({ tenants: [{ id: 'acme', tokenHashes: [hashOf('right')] }] })
  for (const header of ['Bearer right', 'bearer  right '])
    expect(tenants.authenticate(header).id).toBe('acme')
  for (const header of [
    undefined,
    '',
    'right',
    'Bearer',
    'Bearer wrong',
    'Basic right',
    `Bearer ${hashOf('right')}`,
  ]) {
    const { reason, fact } = refusalOf(() => tenants.authenticate(header))
    expect([reason, fact.status]).toEqual(['unauthenticated', 401])
  }
})

test('tokens rotate: old and new are valid together, and the old one ends when it leaves the list', () => {
  const tenants = createTenants({}, 1)
  const list = (...tokens: readonly string[]): void =>
    tenants.replace({ tenants: [{ id: 'acme', tokenHashes: tokens.map(hashOf) }] })
  list('old')
  list('old', 'new')
  expect(tenants.authenticate('Bearer old').id).toBe(tenants.authenticate('Bearer new').id)
  list('new')
  expect(refusalOf(() => tenants.authenticate('Bearer old')).reason).toBe('unauthenticated')
})

test('a reload does not give a tenant its rate anew', () => {
  const tenants = createTenants({ requestsPerSecond: 1 }, 1)
  const list = { tenants: [{ id: 'acme', tokenHashes: [hashOf('t')] }] }
  tenants.replace(list)
  for (let i = 0; i < 2; i += 1) tenants.authenticate('Bearer t').rate.admit(0)
  tenants.replace(list)
  expect(refusalOf(() => tenants.authenticate('Bearer t').rate.admit(0)).reason).toBe('tenant_rate')
})

test('without tokens everyone is the local tenant', () => {
  expect(createLocalTenant({}, 1).authenticate(undefined).id).toBe('default')
})

test('over a long time a tenant gets its rate and no more, and is told when to come back', () => {
  const rate = createRateLimit({ bytesPerSecond: 1_000 })
  let admitted = 0
  for (let ms = 0; ms < 60_000; ms += 10) {
    try {
      rate.admit(ms)
      rate.charge(300)
      admitted += 300
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
  expect(admitted).toBeGreaterThan(59_000)
  expect(admitted).toBeLessThan(63_000)
})

test('a request far over the rate is let in once and then paid for', () => {
  const rate = createRateLimit({ bytesPerSecond: 1_000 })
  rate.admit(0)
  rate.charge(12_000)
  const { retryAfterSeconds, fact } = refusalOf(() => rate.admit(0))
  expect([retryAfterSeconds, fact.status]).toEqual([11, 429])
  expect(refusalOf(() => rate.admit(9_900)).reason).toBe('tenant_rate')
  rate.admit(10_100)
})

test('workers share a limit evenly', () => {
  const rate = createRateLimit({ requestsPerSecond: 10 }, 0.5)
  for (let i = 0; i < 10; i += 1) rate.admit(0)
  expect(refusalOf(() => rate.admit(0)).reason).toBe('tenant_rate')
})
