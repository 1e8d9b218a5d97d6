export type { FactValue } from '../facts.ts'
export { lineageOf } from './lineage.ts'
export type { Lineage, OpenCall, OpenPrompt, OpenTool, ToolSpec } from './open-call.ts'
