export { listRunbooks, loadRunbook } from './library.ts'
export { bindParameters } from './parameters.ts'
export { type Runbook, RunbookError, type RunbookParameter, type RunbookQuery } from './runbook.ts'
