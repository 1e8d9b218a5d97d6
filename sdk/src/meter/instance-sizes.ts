/** What an instance type provides, and so what is metered whether used or not. */
export interface InstanceSize {
  readonly memoryGib: number
  /** Decimal gigabytes. */
  readonly diskGb: number
}

/** Sizes of Cloudflare's instance types: https://developers.cloudflare.com/containers/platform-details/limits/ */
export const instanceSizes: Readonly<Record<string, InstanceSize>> = {
  lite: { memoryGib: 0.25, diskGb: 2 },
  basic: { memoryGib: 1, diskGb: 4 },
  'standard-1': { memoryGib: 4, diskGb: 8 },
  'standard-2': { memoryGib: 6, diskGb: 12 },
  'standard-3': { memoryGib: 8, diskGb: 16 },
  'standard-4': { memoryGib: 12, diskGb: 20 },
}
