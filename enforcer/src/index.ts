/** The enforcer: reads spend, decides verdicts, records them, acts through the governor. */
export { BACKTEST_MS_MAX, runBacktest, type Backtest, type BacktestResult } from './backtest/backtest.ts'
export { loadBudgets, loadEnforcerConfig } from './config.ts'
export {
  decisionRowSchema,
  explainDecision,
  UnreadableDecisionError,
  type DecisionRow,
  type Explanation,
} from './explain.ts'
export {
  budgetOverride,
  endOverride,
  enforcerPause,
  OverrideError,
  storeEvents,
  type EndRequest,
  type OverrideRequest,
  type PauseRequest,
} from './override.ts'
export { encodeLogs, type OtlpEvent, type Resource } from './record/otlp.ts'
export { createSendLogs, type SendLogs, type SendOptions, type Sent } from './record/send.ts'
export { startEnforcer, type Enforcer } from './start.ts'
export type { EnforcerPorts } from './ports.ts'
