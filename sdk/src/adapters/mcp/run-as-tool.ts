import { attr } from '@sandglass/schemas/semconv'
import type { Sandglass, ToolSpec } from '../../index.ts'
import { read } from '../../operations/read.ts'

/** An answer that says of itself that the tool failed. */
const isFailure = (result: unknown): boolean => read(result, 'isError') === true

/** Runs `run` as a tool call; in one of the same name, which tells of it already, as it is. */
export async function runAsTool<T>(
  { lineage }: Sandglass,
  spec: ToolSpec,
  run: () => T,
): Promise<Awaited<T>> {
  if (lineage.attributes()[attr.toolName] === spec.name) return await run()
  const tool = lineage.beginTool(() => spec)
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
