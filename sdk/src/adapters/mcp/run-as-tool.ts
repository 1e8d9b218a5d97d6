import { lineageOf } from '../../lineage/index.ts'
import { attr } from '@sandglass/schemas/semconv'
import type { Sandglass } from '../../index.ts'
import type { ToolSpec } from '../../lineage/index.ts'
import { read } from '../../operations/read.ts'

/** An answer that says of itself that the tool failed. */
const isFailure = (result: unknown): boolean => read(result, 'isError') === true

/** Whether the running tool call is this one: some frameworks put the server's name before the tool's. */
function isToldOf(sandglass: Sandglass, name: string): boolean {
  const running = lineageOf(sandglass).attributes()[attr.toolName]
  return running === name || (typeof running === 'string' && running.endsWith(`_${name}`))
}

/** Runs `run` as a tool call; in a call that tells of it already, as it is. */
export async function runAsTool<T>(sandglass: Sandglass, spec: ToolSpec, run: () => T): Promise<Awaited<T>> {
  if (isToldOf(sandglass, spec.name)) return await run()
  const tool = lineageOf(sandglass).beginTool(() => spec)
  try {
    const result = await tool.run(run)
    tool.result(result)
    if (isFailure(result)) tool.fail(new Error('the tool answered that it failed'))
    return result
  } catch (error) {
    tool.fail(error)
    throw error
  } finally {
    tool.end()
  }
}
