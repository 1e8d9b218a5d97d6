export { firingSubjects, ruleQuery, ruleQueryAt, type ScoredSubject } from './evaluate.ts'
export { generatedFiles, type GeneratedFile } from './generate.ts'
export type { AlertRule } from './rule.ts'
export { rules } from './rules/index.ts'
