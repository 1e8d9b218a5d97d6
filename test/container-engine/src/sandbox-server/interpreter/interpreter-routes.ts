import { randomUUID } from 'node:crypto'

import type { ContainerPaths } from '../files/container-paths.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Call, Route } from '../protocol/route.ts'
import { CodeContext, isLanguage } from './code-context.ts'
import type { CodeAnswer } from './code-context.ts'

/** The interpreters of one container. */
export class CodeContexts {
  readonly #paths: ContainerPaths
  readonly #known = new Map<string, CodeContext>()

  constructor(paths: ContainerPaths) {
    this.#paths = paths
  }

  create(language = 'python', cwd = '/workspace', env: NodeJS.ProcessEnv = {}): CodeContext {
    if (!isLanguage(language)) throw new ProtocolError('VALIDATION_FAILED', `no interpreter for ${language}`)
    const place = { cwd, hostCwd: this.#paths.host(cwd), env }
    const context = new CodeContext(randomUUID(), language, place)
    this.#known.set(context.id, context)
    return context
  }

  all(): CodeContext[] {
    return [...this.#known.values()]
  }

  /** Without an id, the first one of that language, made when there is none. */
  find(id: string | undefined, language: string | undefined): CodeContext {
    if (id === undefined)
      return this.all().find((one) => one.language === (language ?? 'python')) ?? this.create(language)
    const found = this.#known.get(id)
    if (found === undefined)
      throw new ProtocolError('CONTEXT_NOT_FOUND', `Context ${id} not found`, { contextId: id })
    return found
  }

  delete(id: string): void {
    this.find(id, undefined).end()
    this.#known.delete(id)
  }

  endAll(): void {
    for (const context of this.all()) context.end()
  }
}

const describe = ({ id, language, cwd }: CodeContext): Record<string, unknown> => ({ id, language, cwd })

function create({ bench, body }: Call): Record<string, unknown> {
  const { id, language, cwd } = bench.contexts.create(
    body.text('language'),
    body.text('cwd'),
    body.record('env_vars'),
  )
  return { contextId: id, language, cwd }
}

function eventsOf({ stdout, stderr, result, error }: CodeAnswer): Record<string, unknown>[] {
  return [
    ...(stdout === '' ? [] : [{ type: 'stdout', text: stdout }]),
    ...(stderr === '' ? [] : [{ type: 'stderr', text: stderr }]),
    ...(result === undefined ? [] : [{ type: 'result', text: result, metadata: {} }]),
    error === undefined ? { type: 'execution_complete', execution_count: 1 } : { type: 'error', ...error },
  ]
}

/** As in the package's own server, nothing is sent before the code has ended. */
async function execute({ bench, body, stream }: Call): Promise<undefined> {
  const context = bench.contexts.find(body.text('context_id'), body.text('language'))
  const answer = await context.run(body.text('code') ?? '')
  const events = stream()
  for (const event of eventsOf(answer)) events.send(event)
  events.end()
  return undefined
}

export const INTERPRETER_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/api/interpreter/health', answer: () => ({ status: 'healthy' }) },
  { method: 'POST', path: '/api/contexts', answer: create },
  {
    method: 'GET',
    path: '/api/contexts',
    answer: ({ bench }) => ({ contexts: bench.contexts.all().map(describe) }),
  },
  {
    method: 'DELETE',
    path: '/api/contexts/:id',
    answer({ bench, id }) {
      bench.contexts.delete(id)
      return { contextId: id }
    },
  },
  { method: 'POST', path: '/api/execute/code', answer: execute },
]
