import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestWorker } from '../testing/workerd.ts'
import type { TestWorker } from '../testing/workerd.ts'

let worker: TestWorker
beforeAll(async () => {
  worker = await startTestWorker()
})
afterAll(() => worker.stop())

test('a snapshot brings the files back in another container, as they were when it was taken', async () => {
  await worker.start('source')
  const snapshot = await worker.run('source', async ({ container, sh }) => {
    await sh('mkdir -p sub; printf 12345 > sub/file; ln -s sub/file link; chmod 700 sub')
    const taken = await container.snapshotContainer({ name: 'before' })
    await sh('echo changed > sub/file')
    return taken
  })
  await worker.start('target', { containerSnapshot: snapshot })
  const { stdout } = await worker.run('target', ({ sh }) => sh('cat link; stat -c " %a" sub'))
  expect(stdout).toBe('12345 700\n')
  expect(snapshot.size).toBeGreaterThanOrEqual(5)
})

test('a snapshot that was never taken does not start', async () => {
  const failed = await worker.run('none', async ({ container }) => {
    container.start({
      enableInternet: false,
      containerSnapshot: { id: '00000000-0000-4000-8000-000000000000' },
    })
    return container.monitor().catch((error: unknown) => String(error))
  })
  expect(failed).toContain('failed to start')
})
