import { createSandglass, type Sandglass, type SandglassOptions, type SandboxSpec } from '../index.ts'
import { createMemoryContainer, type MemoryCommand, type MemoryContainer } from './memory-container.ts'
import type { OtlpReceiver } from './otlp-receiver.ts'

export interface TestParts {
  readonly sandglass: Sandglass
  readonly bare: MemoryContainer
  readonly container: MemoryContainer
}

/** An instrument that sends to `receiver` when told to, and a wrapped container in memory. */
export function createTestParts(
  receiver: Pick<OtlpReceiver, 'url'>,
  {
    commands,
    spec,
    ...options
  }: Partial<SandglassOptions> & {
    readonly commands?: (command: readonly string[]) => MemoryCommand
    readonly spec?: Partial<SandboxSpec>
  } = {},
): TestParts {
  const sandglass = createSandglass({
    serviceName: 'test',
    endpoint: receiver.url,
    flushIntervalMs: 0,
    onDiagnostic() {},
    ...options,
  })
  const bare = createMemoryContainer(commands)
  const container = sandglass.container(bare, { sandboxId: 'box', meterIntervalMs: 0, ...spec })
  return { sandglass, bare, container }
}
