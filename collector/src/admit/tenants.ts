/** Who sends: the tenant of a bearer token. Tokens are kept as SHA-256 only. */
import { hash, timingSafeEqual } from 'node:crypto'
import type { CollectorConfig, TenantsFile } from '@sandglass/schemas/config/collector'
import { Refusal } from '../receive/refusal.ts'
import { createRateLimit, type RateLimit } from './rate-limit.ts'

export interface Tenant {
  readonly id: string
  readonly rate: RateLimit
}

export type TenantLimits = CollectorConfig['tenantLimits']

export interface TenantDirectory {
  /** The tenant of an Authorization header. Throws Refusal `unauthenticated`. */
  authenticate(authorization: string | undefined): Tenant
  /** Takes over another list; a tenant that stays keeps what it used of its rate. */
  replace(file: TenantsFile): void
}

/** The tenant of a collector on loopback without tokens. */
export const LOCAL_TENANT = 'default'

export function createLocalTenant(limits: TenantLimits, share: number): TenantDirectory {
  const tenant = { id: LOCAL_TENANT, rate: createRateLimit(limits, share) }
  return { authenticate: () => tenant, replace: () => undefined }
}

interface Grant {
  readonly tokenHash: Buffer
  readonly tenant: Tenant
}

/** `share`: the part of each limit that is this process's, 1 for a single worker. */
export function createTenants(defaults: TenantLimits, share: number): TenantDirectory {
  let grants = new Map<string, Grant>()
  let rates = new Map<string, { readonly limits: string; readonly rate: RateLimit }>()
  return {
    authenticate(authorization) {
      const presented = hash('sha256', bearerOf(authorization), 'buffer')
      const grant = grants.get(presented.toString('hex'))
      if (grant === undefined || !timingSafeEqual(grant.tokenHash, presented)) throw unknownToken()
      return grant.tenant
    },
    replace({ tenants }) {
      const before = rates
      rates = new Map()
      grants = new Map()
      for (const { id, tokenHashes, limits = defaults } of tenants) {
        const text = JSON.stringify(limits)
        const known = before.get(id)
        const rate = known?.limits === text ? known.rate : createRateLimit(limits, share)
        rates.set(id, { limits: text, rate })
        for (const tokenHash of tokenHashes) {
          grants.set(tokenHash, { tokenHash: Buffer.from(tokenHash, 'hex'), tenant: { id, rate } })
        }
      }
    },
  }
}

const BEARER = /^bearer +(\S+) *$/i

function bearerOf(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new Refusal('unauthenticated', 'send the header Authorization: Bearer <token>')
  }
  const [, token] = BEARER.exec(authorization) ?? []
  if (token === undefined) throw unknownToken()
  return token
}

const unknownToken = (): Refusal => new Refusal('unauthenticated', 'the bearer token is not known here')
