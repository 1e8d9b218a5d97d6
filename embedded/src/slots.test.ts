import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

const limits = { name: 'queries', concurrent: 2, waiting: 2 }

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

test('no more run at once than there are slots, in the order they came, and a failure frees its slot', async () => {
  const slots = new Slots(limits)
  const gates = [gate(), gate(), gate(), gate()]
  const order: number[] = []
  const runs = gates.map(({ opened }, i) =>
    slots.run(async () => {
      order.push(i)
      await opened
      if (i === 0) throw new Error('failed')
    }),
  )
  await expect.poll(() => order).toEqual([0, 1])
  gates[0]?.open()
  await expect(runs[0]).rejects.toThrow('failed')
  await expect.poll(() => order).toEqual([0, 1, 2])
  for (const { open } of gates) open()
  await Promise.all(runs.slice(1))
  expect(order).toEqual([0, 1, 2, 3])
})

test('past the queue a run is refused at once with code 202', async () => {
  const slots = new Slots(limits)
  const { opened, open } = gate()
  const runs = Array.from({ length: 4 }, () => slots.run(() => opened))
  await expect(slots.run(() => opened)).rejects.toMatchObject({
    code: 202,
    message: expect.stringMatching(/2 running and 2 waiting/),
  })
  open()
  await Promise.all(runs)
  expect(await slots.run(async () => 'free again')).toBe('free again')
})

test('closing refuses those that wait and waits for those that run', async () => {
  const slots = new Slots({ ...limits, concurrent: 1 })
  const { opened, open } = gate()
  const running = slots.run(async () => {
    await opened
    return 'done'
  })
  const waiting = slots.run(async () => 'never')
  let closed = false
  const closing = slots.close().then(() => (closed = true))
  await expect(waiting).rejects.toMatchObject({ code: 236 })
  await expect(slots.run(async () => 'never')).rejects.toMatchObject({ code: 236 })
  expect(closed).toBe(false)
  open()
  expect(await running).toBe('done')
  await closing
})
