import { budgetsSchema } from '@sandglass/schemas/budgets'
import { expect, test } from 'vitest'
import { createAnnouncer } from './announce.ts'
import { createRecorder } from './record/recorder.ts'
import { documentHash } from './rules.ts'

const first = budgetsSchema.parse({ version: 1 })
const second = budgetsSchema.parse({ version: 1, keepBackups: '8d' })

function setUp(recorded: string) {
  const state = { recorded, reads: 0, reachable: true }
  const bodies: string[] = []
  const recorder = createRecorder(
    {},
    async (body) => (bodies.push(body), { outcome: 'stored' }),
    () => 0,
  )
  const announce = createAnnouncer({
    reader: {
      budgetsHash: async () => {
        state.reads++
        if (!state.reachable) throw new Error('no route')
        return state.recorded
      },
    },
    recorder,
    decisions: { enforcerId: 'e-1' },
    now: () => 0,
    log: () => undefined,
  })
  return { announce, bodies, state }
}

test('other budgets than those recorded are announced once, with both hashes', async () => {
  const { announce, bodies, state } = setUp(documentHash(first))
  await announce(second)
  await announce(second)
  expect(bodies).toHaveLength(1)
  expect(bodies[0]).toContain(documentHash(first))
  expect(bodies[0]).toContain(documentHash(second))
  expect(state.reads).toBe(1)
})

test('the budgets that are recorded already are not announced again', async () => {
  const { announce, bodies } = setUp(documentHash(first))
  await announce(first)
  expect(bodies).toHaveLength(0)
})

test('without an answer it is tried again', async () => {
  const { announce, bodies, state } = setUp('')
  state.reachable = false
  await announce(first)
  state.reachable = true
  await announce(first)
  expect(bodies).toHaveLength(1)
})
