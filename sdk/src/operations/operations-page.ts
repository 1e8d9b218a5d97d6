/** Renders docs/operations.md from the operation tables. */
import { attr } from '@sandglass/schemas/semconv'
import { processOperations } from './client/command-operations.ts'
import { tunnelOperations } from './client/port-operations.ts'
import { clientMachinery, clientOperations } from './client-operations.ts'
import { containerOperations } from './container-operations.ts'
import { backupOperations } from './backup-operations.ts'
import { filesOperations } from './files-operations.ts'
import { mountOperations } from './mount-operations.ts'
import type { Operation } from './operation.ts'
import {
  backupSays,
  clientSays,
  containerSays,
  filesSays,
  mountSays,
  processSays,
  tunnelSays,
} from './says.ts'

const ENDS: Readonly<Record<Operation['answer'], string>> = {
  value: 'when it returns',
  promise: 'when its promise settles',
  process: 'when the process exited and the streams read from it ended',
  fetcher: 'with each response',
  stream: 'when the stream ends, fails or is cancelled',
  events: 'when the stream ends, fails or is cancelled',
}

const spanOf = ({ name, span, spanless }: Operation): string => {
  if (spanless === true) return 'none'
  return span === undefined ? `\`sandbox.${name}\`` : '`{executable}`'
}

/** The attributes it may carry of its own: readers name them all, whatever they find. */
function factsOf({ facts, resultFacts, answer }: Operation): string {
  const streamed = { stream: [attr.responseSize], events: [attr.responseSize, attr.exitCode] }
  const names = [
    ...Object.keys(facts?.([]) ?? {}),
    ...Object.keys(resultFacts?.(undefined) ?? {}),
    ...(answer === 'stream' || answer === 'events' ? streamed[answer] : []),
    ...(answer === 'process'
      ? [attr.pid, attr.exitCode, attr.stdoutSize, attr.stderrSize, attr.cpuTime]
      : []),
    ...(answer === 'fetcher' ? [attr.requestMethod, attr.responseStatus] : []),
  ]
  return [...new Set(names)].map((name) => `\`${name}\``).join(', ')
}

function row(method: string, operation: Operation, says: string | undefined): string {
  const { name, answer, gated, subject } = operation
  const asked = [gated ? 'gate' : '', subject === undefined ? '' : 'policy'].filter((word) => word !== '')
  const cells = [
    `\`${method}\``,
    `\`${name}\``,
    spanOf(operation),
    ENDS[answer],
    asked.join(', '),
    factsOf(operation),
    says ?? '',
  ]
  return `| ${cells.join(' | ')} |`
}

function section(
  title: string,
  table: Readonly<Record<string, Operation>>,
  says: Readonly<Record<string, string>>,
): string {
  const head =
    '| method | `sandbox.operation` | span | it ends | asks first | facts | says |\n|---|---|---|---|---|---|---|'
  const rows = Object.entries(table).map(([method, operation]) => row(method, operation, says[method]))
  return `## ${title}\n\n${head}\n${rows.join('\n')}\n`
}

/** The generated page of operations, as Markdown. */
export function renderOperationsPage(): string {
  const intro =
    '# Operations\n\nGenerated from the tables in `sdk/src/operations/` by `npm run generate`; do not edit.\n' +
    'Everything not named here passes through a wrapper untouched.\n'
  return [
    intro,
    section('`ctx.container` (1.x)', containerOperations, containerSays),
    section('`Files` (1.x)', filesOperations, filesSays),
    section('`DirectoryBackup` (1.x)', backupOperations, backupSays),
    section('`S3Mount` (1.x)', mountOperations, mountSays),
    section('`getSandbox()` and its sessions (0.12)', clientOperations, clientSays),
    section('A background process (0.12)', processOperations, processSays),
    section('`tunnels` (0.12)', tunnelOperations, tunnelSays),
    `The client's own machinery passes through unrecorded: ${clientMachinery.map((name) => `\`${name}\``).join(', ')}.\n`,
  ].join('\n')
}
