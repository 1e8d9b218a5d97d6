/**
 * Cloudflare's list prices, by the day they took effect. Figures: https://developers.cloudflare.com/containers/pricing/ and
 * https://developers.cloudflare.com/durable-objects/platform/pricing/. A new price is a new edition, never an edit:
 * charges name the edition that made them.
 */
import type { PriceEditionData } from '../price-book.ts'

export const cloudflareEditions: readonly PriceEditionData[] = [
  {
    version: 'cloudflare-2026-11',
    effectiveFrom: '2025-01-01',
    skus: {
      'container.cpu': { unit: 'vCPU.s', usd: '0.000020' },
      'container.memory': { unit: 'GiB.s', usd: '0.0000025' },
      'container.disk': { unit: 'GB.s', usd: '0.00000007' },
      'container.egress.na_eu': { unit: 'GB', usd: '0.025' },
      'container.egress.oc_kr_tw': { unit: 'GB', usd: '0.05' },
      'container.egress.other': { unit: 'GB', usd: '0.04' },
      'durable_object.duration': { unit: 'GB.s', usd: '0.0000125' },
      'durable_object.requests': { unit: 'request', usd: '0.00000015' },
    },
    // Per account and month, before anything is billed. Charges ignore them; closing a month applies them.
    allowances: {
      'container.cpu': '22500',
      'container.memory': '90000',
      'container.disk': '720000',
      'container.egress.na_eu': '1000',
      'container.egress.oc_kr_tw': '500',
      'container.egress.other': '500',
    },
    instances: {
      lite: { vcpu: '0.0625', memoryGib: '0.25', diskGb: '2' },
      basic: { vcpu: '0.25', memoryGib: '1', diskGb: '4' },
      'standard-1': { vcpu: '0.5', memoryGib: '4', diskGb: '8' },
      'standard-2': { vcpu: '1', memoryGib: '6', diskGb: '12' },
      'standard-3': { vcpu: '2', memoryGib: '8', diskGb: '16' },
      'standard-4': { vcpu: '4', memoryGib: '12', diskGb: '20' },
    },
    // A Durable Object is billed at 128 MB while it is resident, and it is while its container is metered.
    durableObjectGb: '0.128',
  },
]

/** Where a region's egress is billed; a region that is not here is billed as elsewhere. */
export const egressGroups: Readonly<Record<string, EgressGroup>> = {
  wnam: 'na_eu',
  enam: 'na_eu',
  weur: 'na_eu',
  eeur: 'na_eu',
  na: 'na_eu',
  eu: 'na_eu',
  oc: 'oc_kr_tw',
  kr: 'oc_kr_tw',
  tw: 'oc_kr_tw',
}

export type EgressGroup = 'na_eu' | 'oc_kr_tw' | 'other'
