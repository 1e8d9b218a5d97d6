/** Renders docs/operations.md from the operation tables. */
import { containerOperations } from './container-operations.ts'
import { clientOperations } from './client-operations.ts'
import { backupOperations } from './backup-operations.ts'
import { filesOperations } from './files-operations.ts'
import { mountOperations } from './mount-operations.ts'
import type { Operation } from './operation.ts'

const ENDS: Readonly<Record<Operation['answer'], string>> = {
  value: 'when it returns',
  promise: 'when its promise settles',
  process: 'when the process exited and the streams read from it ended',
  fetcher: 'with each response',
  stream: 'when the stream ends, fails or is cancelled',
}

const spanOf = ({ name, span, spanless }: Operation): string => {
  if (spanless === true) return 'none'
  return span === undefined ? `\`sandbox.${name}\`` : '`{executable}`'
}

function row(method: string, operation: Operation): string {
  const { name, says, answer, gated, subject } = operation
  const asked = [gated ? 'gate' : '', subject === undefined ? '' : 'policy'].filter((word) => word !== '')
  const cells = [`\`${method}\``, `\`${name}\``, spanOf(operation), ENDS[answer], asked.join(', '), says]
  return `| ${cells.join(' | ')} |`
}

function section(title: string, table: Readonly<Record<string, Operation>>): string {
  const head =
    '| method | `sandbox.operation` | span | it ends | asks first | says |\n|---|---|---|---|---|---|'
  const rows = Object.entries(table).map(([method, operation]) => row(method, operation))
  return `## ${title}\n\n${head}\n${rows.join('\n')}\n`
}

export function renderOperationsPage(): string {
  const intro =
    '# Operations\n\nGenerated from the tables in `sdk/src/operations/` by `npm run generate`; do not edit.\n' +
    'Everything not named here passes through a wrapper untouched.\n'
  return [
    intro,
    section('`ctx.container` (1.x)', containerOperations),
    section('`Files` (1.x)', filesOperations),
    section('`DirectoryBackup` (1.x)', backupOperations),
    section('`S3Mount` (1.x)', mountOperations),
    section('`getSandbox()` and its sessions (0.12)', clientOperations),
  ].join('\n')
}
