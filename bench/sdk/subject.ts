import { createSandglass, type ContainerLike, type ExecProcessLike, type Sandglass } from '@sandglass/sdk'

export interface Subject extends ContainerLike {
  exec(command: string[], options?: object): Promise<ExecProcessLike>
}

const EMPTY = new ArrayBuffer(0)
const EXITED = Promise.resolve(0)
const OUTPUT = Promise.resolve({ stdout: EMPTY, stderr: EMPTY, exitCode: 0 })

/** The cheapest container there can be: what is measured on it is the wrapper. */
export function createSubject(): Subject {
  return {
    running: true,
    exec: () =>
      Promise.resolve({
        stdout: null,
        stderr: null,
        pid: 4711,
        exitCode: EXITED,
        output: () => OUTPUT,
        kill() {},
      }),
  }
}

/** Nothing is sent and nothing metered: an operation, and the span that is kept of it. */
export function createInstrument(): { readonly sandglass: Sandglass; readonly wrapped: Subject } {
  const sandglass = createSandglass({
    serviceName: 'bench',
    endpoint: 'http://127.0.0.1:1',
    flushIntervalMs: 0,
  })
  const wrapped = sandglass.container(createSubject(), {
    sandboxId: '5f0c8d8e0d5e4b6f9d9f6a5e7c3b2a1908f7e6d5c4b3a2918f7e6d5c4b3a2918',
    sandboxName: 'fix-4711',
    instanceType: 'standard-1',
    meterIntervalMs: 0,
  })
  return { sandglass, wrapped }
}

export const TASK = {
  id: 'task_9b2e',
  class: 'code_fix',
  team: 'payments',
  tier: 'B',
  agent: { name: 'fixer', version: '1.4.0' },
  user: 'u_8f3a',
  actor: { type: 'agent', id: 'fixer' },
} as const

export const COMMAND = ['node', '--test', '--test-reporter=tap', 'test/cart.test.js']
