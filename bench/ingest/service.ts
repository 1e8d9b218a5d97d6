/** Parts of a benchmark that run in processes of their own, called over the channel between parent and child. */
import { fork } from 'node:child_process'
import { once } from 'node:events'

/** What a child does when it is called: one argument in, one answer out, both plain data. */
// A parameter of type never accepts functions of any one argument.
export type Service = Readonly<Record<string, (argument: never) => unknown>>

export interface Child<S extends Service> {
  readonly pid: number
  /** Rejects with the child's error, or when the child ended. */
  call<K extends keyof S & string>(name: K, argument: Parameters<S[K]>[0]): Promise<Awaited<ReturnType<S[K]>>>
  stop(): Promise<void>
}

export type Result<S extends Service, K extends keyof S> = Awaited<ReturnType<S[K]>>

interface Call {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Starts the child whose entry is `main` and which calls `serve`. It ends when this process does. */
export function startChild<S extends Service>(main: string): Child<S> {
  const child = fork(main, {
    execArgv: ['--conditions=@sandglass/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, (answer: Answer) => void>()
  let calls = 0
  let ended = false
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  child.once('exit', (code) => {
    ended = true
    for (const [id, settle] of waiting) settle({ id, error: `${main} ended with code ${code}` })
  })
  return {
    pid: child.pid ?? 0,
    call: async <K extends keyof S & string>(
      name: K,
      argument: Parameters<S[K]>[0],
    ): Promise<Result<S, K>> => {
      if (ended) throw new Error(`${main} has ended`)
      const id = (calls += 1)
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
      child.send({ id, name, argument } satisfies Call)
      const { value, error } = await answered
      if (error !== undefined) throw new Error(error)
      // Both ends share the type of the service.
      return value as Result<S, K>
    },
    stop: async () => {
      if (ended) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** In the child: answers calls until the parent is gone. */
export function serve(service: Service): void {
  process.on('message', ({ id, name, argument }: Call) => {
    void answer(service, name, argument).then((result) => process.send?.({ id, ...result } satisfies Answer))
  })
  process.once('disconnect', () => process.exit(0))
}

async function answer(service: Service, name: string, argument: unknown): Promise<Omit<Answer, 'id'>> {
  const operation = service[name]
  if (operation === undefined) return { error: `no such call: ${name}` }
  try {
    return { value: await operation(argument as never) }
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
