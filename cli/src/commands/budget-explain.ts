import {
  decisionRowSchema,
  explainDecision,
  UnreadableDecisionError,
  type Explanation,
} from '@sandglass/enforcer'
import { Command } from 'commander'
import pc from 'picocolors'
import { connectReader, readObjects, type ConnectionFlags } from '../clickhouse.ts'
import { OperationError, UsageError } from '../errors.ts'
import { withConnection } from './connection-options.ts'

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('recompute a decision of the enforcer from its record')
    .argument('<decision>', 'decision id (sandglass query decisions)')
    .option('--json', 'print one JSON object')
  return withConnection(command).action(runExplain)
}

const decisionSql = 'SELECT * FROM budget_decisions WHERE decision_id = {decision:String} LIMIT 1'

async function runExplain(
  decision: string,
  flags: ConnectionFlags & { readonly json?: boolean },
): Promise<void> {
  const reader = await connectReader(flags)
  try {
    const [row] = await readObjects(reader, decisionSql, { decision })
    if (row === undefined)
      throw new UsageError(`no decision ${decision} is stored: sandglass query decisions lists them`)
    const explanation = explain(row)
    console.log(flags.json === true ? JSON.stringify(explanation) : render(explanation))
    if (!holds(explanation)) throw new OperationError('the record does not hold: see above')
  } finally {
    await reader.close()
  }
}

function explain(row: unknown): Explanation {
  try {
    return explainDecision(decisionRowSchema.parse(row))
  } catch (error) {
    if (error instanceof UnreadableDecisionError) throw new OperationError(error.message, { cause: error })
    throw error
  }
}

const holds = ({ differences, intact }: Explanation): boolean => differences.length === 0 && intact

function render({ lines, differences, intact }: Explanation): string {
  return [
    ...lines,
    intact
      ? pc.dim('the hash covers the record')
      : pc.red('the hash does not cover the record: it was altered'),
    ...(differences.length === 0
      ? [pc.dim('recomputed from its inputs: the same decision')]
      : differences.map((difference) => pc.red(difference))),
  ].join('\n')
}
