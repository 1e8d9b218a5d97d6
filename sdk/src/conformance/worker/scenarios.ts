import { containerScenarios } from './container-scenarios.ts'
import { execScenarios } from './exec-scenarios.ts'
import { helperScenarios } from './helper-scenarios.ts'
import type { Scenario } from './stage.ts'
import { streamScenarios } from './stream-scenarios.ts'

/** Every method and property of `ctx.container` in 1.x, and of the helpers on it, by what a caller can tell of it. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  ...containerScenarios,
  ...execScenarios,
  ...streamScenarios,
  ...helperScenarios,
}
