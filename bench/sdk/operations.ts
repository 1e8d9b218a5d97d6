import { TracerProvider } from '@opentelemetry/sdk-trace'
import { percentiles, type Percentiles } from './percentiles.ts'
import { COMMAND, TASK, createInstrument, createSubject, type Subject } from './subject.ts'

/** Operations per instrument: fewer than its queue holds, so that none is refused. */
const OPERATIONS = 5_000
const ROUNDS = 8
const WARM_UP_ROUNDS = 3
const US_PER_MS = 1_000
const MS_PER_S = 1_000

export interface OperationCosts {
  readonly bare: Percentiles
  readonly wrapped: Percentiles
  /** A plain OpenTelemetry span with the attributes of ours. */
  readonly otelSpan: Percentiles
  readonly spansPerSecond: number
}

async function time(operate: () => unknown, count: number): Promise<number[]> {
  const samples: number[] = []
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await operate()
    samples.push((performance.now() - start) * US_PER_MS)
  }
  return samples
}

async function operate(container: Subject): Promise<void> {
  const process = await container.exec(COMMAND, { cwd: '/workspace/shop' })
  await process.output()
}

/** One task with one tool call, in which all operations run: the context they carry is a real one. */
async function wrappedRound(): Promise<number[]> {
  const { sandglass, wrapped } = createInstrument()
  return sandglass.task(TASK, (task) =>
    task.tool('run_tests', {}, () => time(() => operate(wrapped), OPERATIONS)),
  )
}

const idle = (): Promise<void> => Promise.resolve()

/** As many attributes, of the same kinds and lengths, as a command span of ours has. */
const ATTRIBUTES = Object.fromEntries(
  Array.from({ length: 24 }, (_, index) => [
    `sandglass.attribute.${index}`,
    index % 6 === 0 ? index : `value-${index}`,
  ]),
)

function otelRound(): Promise<number[]> {
  const kept: unknown[] = []
  const provider = new TracerProvider({
    spanProcessors: [
      { onStart() {}, onEnd: (span) => void kept.push(span), forceFlush: idle, shutdown: idle },
    ],
  })
  const tracer = provider.getTracer('bench')
  return time(() => tracer.startSpan('node', { attributes: ATTRIBUTES }).end(), OPERATIONS)
}

async function rounds(round: () => Promise<number[]>): Promise<number[]> {
  const samples: number[] = []
  for (let index = 0; index < WARM_UP_ROUNDS + ROUNDS; index++) {
    const measured = await round()
    if (index >= WARM_UP_ROUNDS) samples.push(...measured)
  }
  return samples
}

export async function measureOperations(): Promise<OperationCosts> {
  const bare = percentiles(await rounds(() => time(() => operate(createSubject()), OPERATIONS)))
  const otelSpan = percentiles(await rounds(otelRound))
  const startMs = performance.now()
  const wrapped = percentiles(await rounds(wrappedRound))
  const seconds = (performance.now() - startMs) / MS_PER_S
  return { bare, wrapped, otelSpan, spansPerSecond: (OPERATIONS * (ROUNDS + WARM_UP_ROUNDS)) / seconds }
}
