import { event } from '@sandglass/schemas/semconv'
import { describe, expect, test } from 'vitest'
import { unknownContext, type SandboxContext } from './sandbox-context.ts'
import { createSandboxRegistry } from './sandbox-registry.ts'

const running: SandboxContext = {
  teamId: 'payments',
  userId: 'u_1',
  taskId: 'task_1',
  taskClass: 'code_fix',
  tier: 'B',
  instanceType: 'lite',
}
const news = (context: Partial<SandboxContext>, eventName: string = event.taskStarted, sandboxId = 'sb') => ({
  tenantId: 'acme',
  sandboxId,
  eventName,
  context: { ...unknownContext, ...context },
})

describe('sandbox registry', () => {
  test('knows nothing of a sandbox it has not heard of, or of another tenant', () => {
    const registry = createSandboxRegistry(() => 0)
    registry.learn(news(running))
    expect(registry.find('acme', 'sb')).toEqual(running)
    expect(registry.find('other', 'sb')).toBeUndefined()
    expect(registry.find('acmes', 'b')).toBeUndefined()
  })

  test('an event adds what it says and keeps what it does not say', () => {
    const registry = createSandboxRegistry(() => 0)
    registry.learn(news({ teamId: 'payments', instanceType: 'lite' }, event.lifecycleChanged))
    registry.learn(news({ userId: 'u_1', taskId: 'task_1', taskClass: 'code_fix', tier: 'B' }))
    registry.learn(news({ taskId: 'task_2', taskClass: 'review' }, event.fileMutated))
    expect(registry.find('acme', 'sb')).toEqual(running)
  })

  test('a finished task is no longer running, another one is', () => {
    const registry = createSandboxRegistry(() => 0)
    registry.learn(news(running))
    registry.learn(news({ taskId: 'task_0' }, event.taskFinished))
    expect(registry.find('acme', 'sb')?.taskId).toBe('task_1')
    registry.learn(news({ taskId: 'task_1' }, event.taskFinished))
    expect(registry.find('acme', 'sb')).toEqual({ ...running, taskId: '', taskClass: '' })
  })

  test('ClickHouse is believed once an event is a minute old, and fills gaps before', () => {
    let nowMs = 1_000_000
    const registry = createSandboxRegistry(() => nowMs)
    const stored = { tenantId: 'acme', sandboxId: 'sb', ...running, teamId: 'stale' }
    registry.learn(news({ teamId: 'payments' }, event.lifecycleChanged))
    registry.refresh([stored])
    expect(registry.find('acme', 'sb')).toEqual({ ...running, taskId: '', taskClass: '' })
    nowMs += 60_001
    registry.refresh([stored])
    expect(registry.find('acme', 'sb')?.teamId).toBe('stale')
  })

  test('forgets the sandboxes heard of least recently beyond its size', () => {
    const registry = createSandboxRegistry(() => 0, 2)
    for (const id of ['a', 'b', 'a', 'c']) registry.learn(news(running, event.taskStarted, id))
    expect([registry.size, registry.find('acme', 'b'), registry.find('acme', 'a')]).toEqual([
      2,
      undefined,
      running,
    ])
  })
})
