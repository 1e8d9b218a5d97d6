export { startContainerEngine } from './engine.ts'
export type { ContainerEngine, ContainerEngineOptions, ContainerStatus } from './engine.ts'
export { sandboxServer } from './sandbox-server/entrypoint.ts'
