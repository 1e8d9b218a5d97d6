import { createRedactor } from '@sandglass/schemas/redaction'
import { percentiles } from './percentiles.ts'

const ROUNDS = 20_000
const US_PER_MS = 1_000

/** The strings of one command span that are not made by the SDK itself. */
const STRINGS = [
  'node',
  'node --test --test-reporter=tap test/cart.test.js',
  '/workspace/shop',
  'fixer',
  'run_tests',
]

/** Microseconds to redact one typical operation. */
export function measureRedaction(): number {
  const redact = createRedactor({ secrets: ['npm_0123456789abcdef', 'another-secret-value'] })
  const samples: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    for (const text of STRINGS) redact(text)
    samples.push((performance.now() - start) * US_PER_MS)
  }
  return percentiles(samples).p50
}
