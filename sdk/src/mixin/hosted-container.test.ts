import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSandglass, type StateStore } from '../index.ts'
import { createMemoryContainer } from '../testing/memory-container.ts'
import { createMemoryState } from '../testing/memory-state.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { HostedContainer } from './hosted-container.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.stop())

/** A container that outlives the objects that drive it. */
function createContainer() {
  const exit = Promise.withResolvers<void>()
  return { container: Object.assign(createMemoryContainer(), { monitor: () => exit.promise }), exit }
}

function host({ container }: ReturnType<typeof createContainer>, state: StateStore): HostedContainer {
  const sandglass = createSandglass({
    serviceName: 'test',
    endpoint: receiver.url,
    flushIntervalMs: 0,
    state,
    onDiagnostic() {},
  })
  return new HostedContainer(sandglass, container, { sandboxId: 'box', meterIntervalMs: 0 })
}

const states = () =>
  receiver.eventsNamed(event.lifecycleChanged).map(({ attributes }) => attributes[attr.lifecycleState])

async function started(
  parts: ReturnType<typeof createContainer>,
  state: StateStore,
): Promise<HostedContainer> {
  const hosted = host(parts, state)
  hosted.starting()
  parts.container.start()
  hosted.ready()
  await hosted.sandglass.flush()
  return hosted
}

test('an object that finds its container running tells no start, and the generation goes on', async () => {
  const [parts, state] = [createContainer(), createMemoryState()]
  await started(parts, state)
  const moved = host(parts, state)
  moved.ready()
  moved.ready()
  await moved.sandglass.flush()
  expect(states()).toEqual(['starting', 'started'])
  expect(moved.sandbox.generation).toBe(1)
  await moved.destroying()
  parts.exit.reject(Object.assign(new Error('gone'), { exitCode: 137 }))
  moved.destroyed()
  await moved.sandglass.flush()
  expect(states()).toEqual(['starting', 'started', 'destroyed'])
})

test('one that learns late that it runs tells its end all the same', async () => {
  const [parts, state] = [createContainer(), createMemoryState()]
  await started(parts, state)
  parts.container.running = false
  const late = host(parts, state)
  parts.container.running = true
  expect(late.isStopped).toBe(false)
  late.adopt()
  parts.exit.resolve()
  await expect
    .poll(async () => {
      await late.sandglass.flush()
      return states()
    })
    .toEqual(['starting', 'started', 'stopped'])
})

test('a start that failed is told as failed; one that failed while the container runs is not', async () => {
  const [parts, state] = [createContainer(), createMemoryState()]
  const hosted = host(parts, state)
  hosted.starting()
  hosted.startFailed(new Error('no instance'))
  expect(hosted.isStopped).toBe(true)
  hosted.starting()
  parts.container.start()
  hosted.startFailed(new Error('port 3000 never answered'))
  await hosted.sandglass.flush()
  expect(states()).toEqual(['starting', 'failed', 'starting'])
})
