/**
 * `npm run interop`: OpenTelemetry's exporters of other languages against a collector in front of a real ClickHouse. They are
 * installed from their package registries into a directory that is removed again; one whose runtime is missing is left out.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clients, execute, type Client } from './clients.ts'
import { startStack, type Arrived, type Stack } from './stack.ts'

const TRACES = 1_000
const SPANS_PER_TRACE = 2

type Outcome = ({ readonly sent: number } & Arrived) | { readonly skipped: string }

async function check(client: Client, directory: string, stack: Stack): Promise<Outcome> {
  try {
    await execute(client.needs)
  } catch {
    return { skipped: `\`${client.needs.join(' ')}\` does not run here` }
  }
  await mkdir(directory)
  await client.install(directory)
  await client.run(directory, stack.url, client.name, TRACES)
  const sent = TRACES * SPANS_PER_TRACE
  return { sent, ...(await stack.arrived(client.name, sent)) }
}

const isExact = (outcome: Outcome): boolean =>
  'skipped' in outcome || (outcome.spans === outcome.sent && outcome.distinctSpans === outcome.sent)

const directory = await mkdtemp(join(tmpdir(), 'sandglass-interop-'))
const stack = await startStack()
try {
  const outcomes: Record<string, Outcome> = {}
  for (const client of clients)
    outcomes[client.name] = await check(client, join(directory, client.name), stack)
  process.stdout.write(`${JSON.stringify(outcomes)}\n`)
  if (!Object.values(outcomes).every(isExact)) process.exitCode = 1
} finally {
  await stack.stop()
  await rm(directory, { recursive: true, force: true })
}
