/** One full event of every kind and the spans of one task, made from the examples of the telemetry contract. */
import { auditKeys, contextKeys, eventFacts } from '../event-facts.ts'
import { attributeFacts } from '../semconv-facts.ts'
import { attr, event, values, type AttributeKey, type EventKey } from '../semconv.ts'
import type { Attributes, EventFacts, SpanFacts } from './rows.ts'

/** Examples that are zero, cut short, or must agree with the time of the event. */
const replaced = (timeMs: number): Readonly<Record<string, unknown>> => ({
  [attr.sandboxId]: 'sandbox_1',
  [attr.usageStart]: timeMs - 15_000,
  [attr.usageEnd]: timeMs,
  [attr.auditHash]: 'cd34'.repeat(16),
  [attr.auditPrevHash]: 'ab12'.repeat(16),
  [attr.expiresAt]: timeMs + 3_600_000,
  [attr.taskAttempt]: 2,
  [attr.timeHumanWait]: 1,
  [attr.timeTerminal]: 1,
  [attr.timeBackground]: 1,
  [attr.timeUnknown]: 1,
})

function exampleOf(key: AttributeKey): unknown {
  const { type, example } = attributeFacts[key]
  const allowed: readonly string[] | undefined = (values as Readonly<Record<string, readonly string[]>>)[
    attr[key]
  ]
  if (allowed !== undefined && !allowed.includes(example)) return allowed[0]
  return type === 'string' ? example : JSON.parse(example.replaceAll('…', ''))
}

const attributesOf = (keys: readonly AttributeKey[], timeMs: number): Attributes => {
  const examples = Object.fromEntries(keys.map((key) => [attr[key], exampleOf(key)]))
  const fixed = Object.entries(replaced(timeMs)).filter(([name]) => name in examples)
  return { ...examples, ...Object.fromEntries(fixed) }
}

const resource: Attributes = {
  [attr.environment]: 'production',
  [attr.cloudRegion]: 'weur',
}

/** The event with every attribute it may carry. */
export function fullEvent(key: EventKey, timeMs: number): EventFacts {
  const { required, optional } = eventFacts[key]
  const keys = [...new Set([...contextKeys, ...auditKeys, ...optional, ...required])]
  return {
    name: event[key],
    timeMs,
    attributes: attributesOf(keys, timeMs),
    resource,
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
  }
}

/** Every event of the contract, a millisecond apart. */
export const fullEvents = (timeMs: number): readonly EventFacts[] =>
  (Object.keys(event) as EventKey[]).map((key, index) => fullEvent(key, timeMs + index))

const command: readonly AttributeKey[] = [
  'operation',
  'commandLine',
  'executableName',
  'workingDirectory',
  'exitCode',
  'killSignal',
  'cpuTime',
  'cpuShared',
  'errorType',
]

/** A prompt, the tool call it asked for and the command that ran in it. */
export function fullSpans(timeMs: number): readonly SpanFacts[] {
  const prompt: readonly AttributeKey[] = ['promptHash', 'promptSource', 'promptRef', 'requestModel']
  const shapes = [
    { name: 'chat opus-5', keys: prompt, spanId: '1'.repeat(16), parentSpanId: '', links: [] },
    {
      name: 'execute_tool run_tests',
      keys: ['errorType'],
      spanId: '2'.repeat(16),
      parentSpanId: '1'.repeat(16),
      links: ['1'.repeat(16)],
    },
    { name: 'node', keys: command, spanId: '3'.repeat(16), parentSpanId: '2'.repeat(16), links: [] },
  ] as const
  return shapes.map(({ name, keys, spanId, parentSpanId, links }, index) => ({
    name,
    timeMs: timeMs + index,
    durationMs: 20,
    status: 'Error' as const,
    attributes: attributesOf([...contextKeys, ...keys], timeMs),
    resource,
    traceId: 'a'.repeat(32),
    spanId,
    parentSpanId,
    links,
  }))
}
