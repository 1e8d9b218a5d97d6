/** What primary and workers tell each other. Both ends are this program; keys travel as one array, 16 bytes each. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Verdict } from '../resend/registry.ts'
import type { Family } from '../telemetry/metrics.ts'
import { KEY_BYTES } from '../wal/side-file.ts'

export type FromWorker =
  | { readonly type: 'online' }
  | { readonly type: 'claim'; readonly id: number; readonly keys: Uint8Array }
  | { readonly type: 'settle'; readonly keys: Uint8Array; readonly durable: boolean }
  /** Its log was read: what its predecessor had claimed is settled or may be released. */
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'failed'; readonly error: string }
  | { readonly type: 'askMetrics'; readonly id: number }
  | { readonly type: 'metrics'; readonly id: number; readonly families: readonly Family[] }

export type ToWorker =
  | { readonly type: 'start'; readonly config: CollectorConfig; readonly worker: number }
  | { readonly type: 'verdicts'; readonly id: number; readonly verdicts: readonly Verdict[] }
  | { readonly type: 'collectMetrics'; readonly id: number }
  | { readonly type: 'allMetrics'; readonly id: number; readonly families: readonly Family[] }
  | { readonly type: 'stop'; readonly reason: string; readonly shipMsMax: number }

export function packKeys(keys: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(keys.length * KEY_BYTES)
  for (const [i, key] of keys.entries()) packed.set(key, i * KEY_BYTES)
  return packed
}

export const unpackKeys = (packed: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: packed.length / KEY_BYTES }, (_, i) =>
    packed.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES),
  )
