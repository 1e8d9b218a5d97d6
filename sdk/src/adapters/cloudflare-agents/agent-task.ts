import type { Sandglass, TaskSpec } from '../../index.ts'

/** An Agent that has an instrument for the life of its object. */
interface Recorded {
  readonly sandglass: Sandglass
}

type Method<This, Args extends unknown[], R> = (this: This, ...args: Args) => Promise<R>

/**
 * Decorates a method of an Agent: each call of it is a task, whether it comes from a client, a schedule, a queue or
 * another object. Written below `@callable()`, which then still finds what it registers.
 */
export function agentTask<This extends Recorded, Args extends unknown[], R>(
  spec: (agent: This, ...args: Args) => TaskSpec,
): (method: Method<This, Args, R>, context: ClassMethodDecoratorContext) => Method<This, Args, R> {
  return (method) =>
    function (this: This, ...args: Args): Promise<R> {
      const around = this.sandglass.currentTask()
      const work = { ...(around && { parentTaskId: around.id }), ...spec(this, ...args) }
      return this.sandglass.task(work, () => method.apply(this, args))
    }
}
