/** Damaged metrics requests: never an error but a DecodeError, never a point of a neighbour touched. */
import { expect, test } from 'vitest'
import { DecodeError } from '../otlp/decode-error.ts'
import { mutate } from '../otlp/testing/mutate.ts'
import { seededBelow } from '../otlp/testing/seeded.ts'
import type { Encoding } from '../transcode/transcoder.ts'
import { MetricTranscoder } from './metric-transcoder.ts'
import { everyKind, stockProtobuf } from './testing/bodies.ts'

const NOW_MS = 1_793_000_000_000
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 30_000)
const BLOCK_RUNS = 500
const context = { tenantId: 'acme', receivedAtMs: NOW_MS }

/** Rows added; undefined when the body was refused, and then nothing may have changed. */
function append(transcoder: MetricTranscoder, encoding: Encoding, body: Uint8Array): number | undefined {
  const before = transcoder.openBytes
  try {
    return transcoder.append(encoding, body, context).rows
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    if (transcoder.openBytes !== before)
      throw new Error('a refused body changed the open block', { cause: error })
    return undefined
  }
}

test.each(['json', 'protobuf'] as const)(
  'damaged %s bodies are refused or stored, and the rows of a block are those that were accepted',
  async (encoding) => {
    const good = encoding === 'json' ? everyKind('fuzz', NOW_MS) : await stockProtobuf()
    const below = seededBelow(1)
    const transcoder = new MetricTranscoder()
    let [refused, accepted] = [0, 0]
    for (let run = 0; run < RUNS; run += BLOCK_RUNS) {
      let rows = append(transcoder, encoding, good) ?? 0
      expect(rows).toBeGreaterThan(0)
      for (let i = 0; i < BLOCK_RUNS; i++) {
        const added = append(transcoder, encoding, mutate(good, good, below))
        rows += added ?? 0
        if (added === undefined) refused++
        else accepted++
      }
      expect(transcoder.take()?.rows).toBe(rows)
    }
    expect(Math.min(refused, accepted), 'damage of both kinds was tried').toBeGreaterThan(RUNS / 100)
  },
)
