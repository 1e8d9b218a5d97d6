/** Reads all that is known of one task. */
import type { ClickHouseClient } from '@clickhouse/client'
import { readObjects } from '../clickhouse.ts'
import { UsageError } from '../errors.ts'
import { costSql, taskSql, timelineSql, toolsSql, totalsSql } from './task-queries.ts'
import type { CostLine, Step, TaskReport, TaskSummary, ToolCall } from './task-report.ts'

/** Throws UsageError when no task, or tasks of two tenants, have this id. */
export async function readTask(reader: ClickHouseClient, taskId: string): Promise<TaskReport> {
  const task = await readSummary(reader, taskId)
  const params = {
    tenant: task.tenant_id,
    task: taskId,
    sandbox: task.sandbox_id,
    from: task.started_at ?? '1970-01-01 00:00:00',
  }
  const [tools, timeline, cost, totals] = await Promise.all([
    readObjects<ToolCall>(reader, toolsSql, params),
    readObjects<Step>(reader, timelineSql, params),
    readObjects<CostLine>(reader, costSql, params),
    readObjects<{ cost_usd: string; cpu_s: string; calibrated: number }>(reader, totalsSql, params),
  ])
  return {
    task,
    tools,
    timeline,
    cost,
    costUsd: totals[0]?.cost_usd ?? '0',
    cpuSeconds: totals[0]?.cpu_s ?? '0',
    calibrated: totals[0]?.calibrated === 1,
  }
}

async function readSummary(reader: ClickHouseClient, taskId: string): Promise<TaskSummary> {
  const [task, another] = await readObjects<TaskSummary>(reader, taskSql, { task: taskId })
  if (task === undefined) {
    throw new UsageError(`no task ${taskId} is stored: sandglass query tasks lists the latest ones`)
  }
  if (another !== undefined)
    throw new UsageError(`tasks of two tenants have the id ${taskId}: ask as one tenant`)
  return task
}
