export { createFaultyDisk, type FaultyDisk } from './faulty-disk.ts'
export {
  encodeEvents,
  encodeSpans,
  renderEventsJson,
  renderSpansJson,
  type EventSpec,
  type SpanSpec,
} from './otlp-bodies.ts'
