export { replayCollectorQuarantine, startCollector, type Collector } from './start.ts'
export { nodePorts, type Ports } from './ports.ts'
