/**
 * `npm run bench:sdk`: what the SDK costs its host. In Node against a container in memory, since the clock of workerd
 * stands still between I/O. Prints a table, or with `--json` one JSON line last.
 */
import { parseArgs } from 'node:util'
import { bundleGzipKb } from './sdk/bundle-size.ts'
import { measureHeap } from './sdk/heap.ts'
import { measureOperations } from './sdk/operations.ts'
import { measureRedaction } from './sdk/redaction.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const operations = await measureOperations()
const report = {
  overheadUsP50: operations.wrapped.p50 - operations.bare.p50,
  overheadUsP99: operations.wrapped.p99 - operations.bare.p99,
  bareUsP50: operations.bare.p50,
  otelSpanUsP50: operations.otelSpan.p50,
  otelSpanUsP99: operations.otelSpan.p99,
  spansPerSecond: operations.spansPerSecond,
  workerBundleGzipKb: await bundleGzipKb(),
  heapKbPer1000Spans: await measureHeap(),
  redactionUsP50: measureRedaction(),
}
const rounded = Object.fromEntries(
  Object.entries(report).map(([name, value]) => [name, Math.round(value * 100) / 100]),
)
if (!values.json) console.table(rounded)
console.log(JSON.stringify(rounded))
