import { expect, test } from 'vitest'
import { runTorture } from './torture.ts'

const SECONDS = 15

test('under kills, a torn log, a full disk and a failing ClickHouse nothing acknowledged is lost or doubled', async () => {
  const lines: string[] = []
  const log = (line: string): void => void lines.push(line)
  const result = await runTorture({ seconds: SECONDS, seed: Date.now() % 1_000_000, workersMax: 2, log })
  const story = lines.filter((line) => !line.startsWith('{')).join('\n')
  expect(result, `${JSON.stringify(result)}\n${story}`).toMatchObject({
    lost: 0,
    duplicated: 0,
    rollupMismatch: 0,
  })
  expect(result.kills).toBeGreaterThan(0)
  expect(result.acked).toBeGreaterThan(0)
}, 120_000)
