/** Runs copies beside each other, in their order. */
import type { ClickHouseClient } from '@clickhouse/client'
import { copyQuery, type Copy } from './amplify.ts'
import { tables } from './base.ts'
import { bulk } from './bulk.ts'

/** Inserts at once: each keeps one core busy. */
const LANES = 2

export async function runCopies(
  client: ClickHouseClient,
  copies: readonly Copy[],
  onShare?: (share: number) => void,
): Promise<void> {
  const queue = copies.entries()
  let done = 0
  const lane = async (): Promise<void> => {
    for (const [, copy] of queue) {
      await client.command({ query: copyQuery(copy), clickhouse_settings: bulk })
      done += 1
      onShare?.(done / copies.length)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

/** Adds copies that lie over the base's own hours: the same people in the same minutes, more of all they did. */
export async function copyOver(client: ClickHouseClient, from: number, count: number): Promise<void> {
  const copies = Array.from({ length: count }, (_, index) =>
    tables.map((table): Copy => {
      const copy = { table, from: `base_${table}`, to: table, settles: 'all', jitter: false } as const
      return { ...copy, number: from + index, shiftMs: 0 }
    }),
  )
  await runCopies(client, copies.flat())
}
