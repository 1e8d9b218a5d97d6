export { startEmbedded } from './start.ts'
export type { Embedded, EmbeddedOptions, Exit } from './options.ts'
