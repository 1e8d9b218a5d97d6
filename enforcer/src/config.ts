/** Reads the enforcer's configuration and the budgets it names. */
import { dirname, resolve } from 'node:path'
import { budgetsSchema, type BudgetDocument } from '@sandglass/schemas/budgets'
import { loadConfig } from '@sandglass/schemas/config'
import { enforcerConfigSchema, type EnforcerConfig } from '@sandglass/schemas/config/enforcer'

type Environment = Readonly<Record<string, string | undefined>>

/** Throws ConfigError with every fault of a file. */
export function loadEnforcerConfig(path: string | undefined, env: Environment): EnforcerConfig {
  const config = loadConfig(enforcerConfigSchema, path, env)
  if (config.budgetsFile === undefined) return config
  return { ...config, budgets: loadBudgets(resolve(dirname(path ?? '.'), config.budgetsFile), env) }
}

/** Throws ConfigError with every fault. */
export function loadBudgets(path: string, env: Environment): BudgetDocument {
  return loadConfig(budgetsSchema, path, env)
}
