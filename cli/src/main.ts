/** The sandglass command. */
import { createProgram } from './program.ts'
import { EXIT_OPERATION, EXIT_USAGE, OperationError, UsageError } from './errors.ts'
import { ConfigError } from '@sandglass/schemas/config'

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) {
    console.error(`sandglass: ${error.message}`)
    return EXIT_USAGE
  }
  if (error instanceof OperationError) {
    console.error(`sandglass: ${error.message}`)
    return EXIT_OPERATION
  }
  console.error(error)
  return EXIT_OPERATION
}
