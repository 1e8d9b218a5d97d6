import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LoadShape } from '../load/bodies.ts'
import { startBench, type Bench } from './bench.ts'
import { drained, measure, TRACES } from './measure.ts'
import { startOurs, withWarmSubject } from './throughput.ts'

let bench: Bench

beforeAll(() => {
  bench = startBench()
})

afterAll(() => bench.stop())

const OPTIONS = {
  json: true,
  quiet: false,
  seconds: 1,
  warmSeconds: 0,
  repeat: 1,
  clients: 2,
  engineSeconds: 0,
}
const COUNTS = { templateSpans: 1_024, gzipped: 40 }

const shapes: readonly LoadShape[] = (['protobuf', 'json', 'gzip'] as const).map((encoding) => ({
  encoding,
  spansPerRequest: 64,
}))

test.each(shapes)('all that the collector acknowledges of $encoding is in the sink, once', async (shape) => {
  await bench.load.call('prepare', { shape, counts: COUNTS })
  await withWarmSubject(bench, startOurs(), shape, OPTIONS, async (target) => {
    const run = await measure(target, shape, { kind: 'closed', clients: 2 }, 1)
    const { rows, repeats } = await target.sink.child.call('tally', { table: TRACES })
    expect({ rows, repeats, refused: run.refused }).toEqual({ rows: run.ackedSpans, repeats: 0, refused: 0 })
    expect(run.ackedSpans).toBe(run.requests * shape.spansPerRequest)
    expect(run.ackedSpans).toBeGreaterThan(0)
    expect(run.cpuSeconds).toBeGreaterThan(0)
    expect(run.rssMbMax).toBeGreaterThan(20)
    await expect(drained(target.sink, rows - 1)).rejects.toThrow('acknowledged')
  })
})

test('an open load arrives at its rate and waits for no answer', async () => {
  const shape: LoadShape = { encoding: 'protobuf', spansPerRequest: 64 }
  await withWarmSubject(bench, startOurs(), shape, OPTIONS, async (target) => {
    const run = await measure(target, shape, { kind: 'open', spansPerSecond: 6_400 }, 2)
    expect(run.requests).toBeGreaterThan(20)
    expect(run.requests).toBeLessThan(300)
  })
})

test('what is acknowledged while the sink is away is in it after it came back', async () => {
  const shape: LoadShape = { encoding: 'protobuf', spansPerRequest: 64 }
  await withWarmSubject(bench, startOurs(), shape, OPTIONS, async ({ subject, sink }) => {
    await sink.child.call('listen', { open: false })
    await expect(fetch(`${sink.url}/ping`)).rejects.toThrow('fetch failed')
    const run = await bench.load.call('run', {
      url: subject.url,
      shape,
      arrivals: { kind: 'closed', clients: 2 },
      seconds: 1,
    })
    expect((await sink.child.call('tally', { table: TRACES })).rows).toBe(0)
    await sink.child.call('listen', { open: true })
    expect((await drained(sink, run.ackedSpans)).rows).toBe(run.ackedSpans)
  })
})
