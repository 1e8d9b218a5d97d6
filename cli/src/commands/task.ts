import { Command } from 'commander'
import { connectReader, type ConnectionFlags } from '../clickhouse.ts'
import { readTask } from '../task/read-task.ts'
import { renderTask } from '../task/render-task.ts'
import { withConnection } from './connection-options.ts'

export function taskCommand(): Command {
  const command = new Command('task')
    .description('one task: tool-call tree, timeline of prompts, commands, files, secrets and policy, cost')
    .argument('<id>', 'task id')
    .option('--json', 'print one JSON object')
  return withConnection(command).action(runTask)
}

async function runTask(id: string, flags: ConnectionFlags & { readonly json?: boolean }): Promise<void> {
  const reader = await connectReader(flags)
  try {
    const report = await readTask(reader, id)
    console.log(flags.json === true ? JSON.stringify(report) : renderTask(report))
  } finally {
    await reader.close()
  }
}
