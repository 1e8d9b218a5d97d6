/**
 * Export requests of agent spans as the SDK sends them: the contract's context on every span, several tasks at once,
 * commands, tool calls, prompts and file operations, about 560 bytes a span in protobuf. The same seed gives the same requests.
 */
import { attr } from '@sandglass/schemas/semconv'
import { createRandom, type Random } from './random.ts'

export interface PayloadOptions {
  readonly seed: number
  readonly spansPerRequest: number
  /** Wall clock of the first span, ms since the epoch. */
  readonly startMs: number
}

export type AttributeValue = string | number | { readonly double: number }

export interface SpanModel {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: readonly (readonly [key: string, value: AttributeValue])[]
  readonly statusCode: number
  readonly statusMessage: string
}

export interface RequestModel {
  readonly resource: readonly (readonly [key: string, value: string])[]
  readonly spans: readonly SpanModel[]
}

interface Task {
  readonly traceId: string
  readonly rootId: string
  readonly context: SpanModel['attributes']
  promptId: string
}

const TASKS_AT_ONCE = 6
/** Spans after which a task is replaced by a new one. */
const TASK_CHANGE_CHANCE = 0.01
const NEW_PROMPT_CHANCE = 0.1
const MS = 1_000_000n

const TEAMS = ['payments', 'search', 'platform', 'growth', 'mobile-apps', 'data', 'identity', 'checkout']
const CLASSES = ['code_fix', 'dependency_update', 'test_writing', 'migration', 'review', 'transform']
const AGENTS = ['fixer', 'reviewer', 'migrator', 'transformer']
const TOOLS = ['bash', 'read_file', 'edit_file', 'grep', 'run_tests', 'git']
const FILES = [
  'src/index.ts',
  'src/auth/session.ts',
  'test/cart.test.ts',
  'package.json',
  'README.md',
  'deploy/app.yaml',
]
const MODELS = ['claude-sonnet-4-5', 'gpt-5.1-codex', 'gemini-3-pro']

/** Commands of agents; {n} is a number, {file} a path. One in a hundred carries something that must be redacted. */
const COMMANDS = [
  'npm test -- --run {file}',
  'git diff --stat HEAD~{n}',
  'grep -rn "retryAfter" src --include=*.ts',
  'sed -n {n},80p {file}',
  'npx tsc --noEmit -p tsconfig.json',
  'python3 -m pytest -x tests/test_cart_{n}.py',
  'cat {file} | head -{n}',
  'git commit -am "Fix rounding of totals (#{n})"',
  'npm ci --ignore-scripts',
  'ls -la build/assets/{n}',
] as const
const LEAKING_COMMANDS = [
  'curl -H "Authorization: Bearer {hex}" https://api.example.com/v1/items/{n}',
  'git clone https://ci:{hex}@code.example.com/shop.git',
  'export API_TOKEN={hex} && ./deploy.sh',
] as const
const LEAK_CHANCE = 0.01

/** Endless requests, each different. */
export function* requests(options: PayloadOptions): Generator<RequestModel, never> {
  const random = createRandom(options.seed)
  const tasks = Array.from({ length: TASKS_AT_ONCE }, () => newTask(random))
  let nowNs = BigInt(options.startMs) * MS
  for (;;) {
    const spans = Array.from({ length: options.spansPerRequest }, () => {
      nowNs += BigInt(random.below(2_000_000))
      return newSpan(random, nextTask(random, tasks), nowNs)
    })
    yield { resource: RESOURCE, spans }
  }
}

const RESOURCE: RequestModel['resource'] = [
  [attr.serviceName, 'agent-worker'],
  [attr.serviceVersion, '2.1.0'],
  [attr.environment, 'production'],
  [attr.cloudProvider, 'cloudflare'],
  [attr.cloudRegion, 'weur'],
]

function nextTask(random: Random, tasks: Task[]): Task {
  const index = random.below(tasks.length)
  if (random.next() < TASK_CHANGE_CHANCE) tasks[index] = newTask(random)
  const task = tasks[index] ?? newTask(random)
  if (random.next() < NEW_PROMPT_CHANCE) task.promptId = `prm_${random.hex(8)}`
  return task
}

function newTask(random: Random): Task {
  const context: SpanModel['attributes'] = [
    [attr.teamId, random.pick(TEAMS)],
    [attr.userId, `u_${random.hex(4)}`],
    [attr.taskId, `task_${random.hex(8)}`],
    [attr.taskClass, random.pick(CLASSES)],
    [attr.tier, random.pick(['A', 'B', 'C'])],
    [attr.agentName, random.pick(AGENTS)],
    [attr.sandboxId, random.hex(32)],
  ]
  return { traceId: random.hex(32), rootId: random.hex(16), context, promptId: `prm_${random.hex(8)}` }
}

type SpanKind = (random: Random) => Pick<SpanModel, 'name' | 'kind' | 'attributes'>

const CLIENT = 3
const INTERNAL = 1

const command: SpanKind = (random) => {
  const line = commandLine(random)
  const executable = line.split(' ', 1)[0] ?? ''
  return {
    name: executable,
    kind: CLIENT,
    attributes: [
      [attr.operation, 'exec'],
      [attr.executableName, executable],
      [attr.commandLine, line],
      [attr.exitCode, random.next() < 0.1 ? 1 : 0],
      [attr.cpuTime, { double: Math.round(random.next() * 4000) / 1000 }],
    ],
  }
}

const file: SpanKind = (random) => {
  const operation = random.pick(['file.read', 'file.write', 'file.list'])
  return {
    name: `sandbox.${operation}`,
    kind: CLIENT,
    attributes: [
      [attr.operation, operation],
      [attr.filePath, `/workspace/shop/${random.pick(FILES)}`],
      [attr.fileSize, random.below(60_000)],
    ],
  }
}

const tool: SpanKind = (random) => {
  const name = random.pick(TOOLS)
  return {
    name: `execute_tool ${name}`,
    kind: INTERNAL,
    attributes: [
      [attr.operationName, 'execute_tool'],
      [attr.toolParentName, random.pick(TOOLS)],
      [attr.toolDepth, random.below(3)],
      [attr.toolType, 'function'],
    ],
  }
}

const chat: SpanKind = (random) => {
  const model = random.pick(MODELS)
  return {
    name: `chat ${model}`,
    kind: CLIENT,
    attributes: [
      [attr.operationName, 'chat'],
      [attr.requestModel, model],
      [attr.responseId, `msg_${random.hex(12)}`],
      [attr.inputTokens, random.below(90_000)],
      [attr.outputTokens, random.below(4000)],
    ],
  }
}

/** How often each kind of span occurs, of ten. */
const KINDS: readonly SpanKind[] = [command, command, command, command, file, file, file, tool, tool, chat]

function newSpan(random: Random, task: Task, startNs: bigint): SpanModel {
  const own = random.pick(KINDS)(random)
  const failed = random.next() < 0.05
  return {
    ...own,
    traceId: task.traceId,
    spanId: random.hex(16),
    parentSpanId: task.rootId,
    startNs,
    endNs: startNs + BigInt(random.below(900_000_000)),
    attributes: [
      ...task.context,
      [attr.promptId, task.promptId],
      [attr.toolName, random.pick(TOOLS)],
      [attr.toolCallId, `call_${random.hex(10)}`],
      ...own.attributes,
    ],
    statusCode: failed ? 2 : 0,
    statusMessage: failed ? 'exit code 1' : '',
  }
}

function commandLine(random: Random): string {
  return random
    .pick(random.next() < LEAK_CHANCE ? LEAKING_COMMANDS : COMMANDS)
    .replace('{n}', String(1 + random.below(200)))
    .replace('{file}', random.pick(FILES))
    .replace('{hex}', random.hex(32))
}
