import type { Facts } from '../facts.ts'

/** A task that runs in this isolate. */
export interface RunningTask {
  readonly id: string
  /** Its context attributes. */
  readonly facts: Facts
}

/** The tasks of this instrument that run now. */
export interface RunningTasks {
  enter(task: RunningTask): RunningTask
  leave(task: RunningTask): void
  list(): readonly RunningTask[]
  onEnter(listener: (task: RunningTask) => void): void
}

export function createRunningTasks(): RunningTasks {
  const tasks = new Set<RunningTask>()
  const listeners: ((task: RunningTask) => void)[] = []
  return {
    enter(task) {
      tasks.add(task)
      for (const listener of listeners) listener(task)
      return task
    },
    leave: (task) => void tasks.delete(task),
    list: () => [...tasks],
    onEnter: (listener) => void listeners.push(listener),
  }
}

/** The attributes that all tasks agree on. */
export function commonFacts(tasks: readonly RunningTask[]): Facts {
  const [first, ...others] = tasks
  const agreed = Object.entries(first?.facts ?? {}).filter(([name, value]) =>
    others.every(({ facts }) => Reflect.get(facts, name) === value),
  )
  return Object.fromEntries(agreed)
}
