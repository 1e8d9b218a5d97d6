import { commandScenarios } from './command-scenarios.ts'
import { fileScenarios } from './file-scenarios.ts'
import { sandboxScenarios } from './sandbox-scenarios.ts'
import { sessionScenarios } from './session-scenarios.ts'
import type { Scenario } from './stage.ts'

/** Every method of the 0.12 client and of what it answers with, by what a caller can tell of it. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  ...commandScenarios,
  ...fileScenarios,
  ...sessionScenarios,
  ...sandboxScenarios,
}
