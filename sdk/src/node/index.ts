export { startSandglassNode, type NodeSandglass, type NodeSandglassOptions } from './start-sandglass-node.ts'
