/** A tenant's rate: buckets that fill with time and may run into debt, since a body's size is known only once it is read. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { Refusal } from '../receive/refusal.ts'

export interface RateLimit {
  /** Counts one request. Throws Refusal `tenant_rate` while a bucket is in debt. */
  admit(nowMs: number): void
  /** Counts the bytes of an admitted request. */
  charge(bytes: number): void
}

interface Bucket {
  admit(nowMs: number): number
  charge(amount: number): void
}

/** A bucket holds the rate of this many seconds: what a tenant may send at once after a pause. */
const BURST_SECONDS = 2

/** `share`: the part of the limits that is this process's. `nowMs` in calls is elapsed time. */
export function createRateLimit(limits: CollectorConfig['tenantLimits'], share = 1): RateLimit {
  const bytes = createBucket(limits.bytesPerSecond, share)
  const requests = createBucket(limits.requestsPerSecond, share)
  return {
    admit(nowMs) {
      const waitSeconds = Math.max(bytes.admit(nowMs), requests.admit(nowMs))
      if (waitSeconds > 0) {
        throw new Refusal('tenant_rate', 'over the rate of this tenant: send less', Math.ceil(waitSeconds))
      }
      requests.charge(1)
    },
    charge: (amount) => bytes.charge(amount),
  }
}

const UNLIMITED: Bucket = { admit: () => 0, charge: () => undefined }

function createBucket(perSecond: number | undefined, share: number): Bucket {
  if (perSecond === undefined) return UNLIMITED
  const rate = perSecond * share
  let level = rate * BURST_SECONDS
  let filledAtMs = 0
  return {
    /** Returns the seconds until the bucket is out of debt; 0 when it is. */
    admit(nowMs) {
      level = Math.min(rate * BURST_SECONDS, level + ((nowMs - filledAtMs) / 1000) * rate)
      filledAtMs = nowMs
      return level > 0 ? 0 : (1 - level) / rate
    },
    charge(amount) {
      level -= amount
    },
  }
}
