/** What the task was, how it ended, and the figures that are asked for first. */
import type { Section } from '../layout.ts'
import { statPanel, tablePanel } from '../panels/panels.ts'
import { ofTask, taskRows } from './scope.ts'

const task = `
  SELECT
    task_id AS task, outcome, outcome_source, task_class AS class, trust_tier AS tier, agent_name AS agent, team_id AS team,
    user_id AS user, priority, attempt, retry_of, trigger, repository_url AS repository, sandbox_id AS sandbox, started_at,
    finished_at, duration_s, suspended_s, error_type, error_message
  FROM tasks
  WHERE ${ofTask}
`
const cost = `SELECT sum(cost_usd) AS cost_usd FROM spend_by_task WHERE ${ofTask}`
const tokens = `SELECT sum(input_tokens + output_tokens) AS tokens FROM inference_usage WHERE ${taskRows}`
const duration = `SELECT duration_s FROM tasks WHERE ${ofTask}`

const counted = (what: string, table: string, condition: string) =>
  `SELECT ${what} FROM ${table} WHERE ${taskRows} AND ${condition}`

export const overview = (): Section => ({
  title: 'Task',
  lines: [
    {
      height: 4,
      panels: [
        [
          24,
          tablePanel(
            {
              title: 'Task',
              description:
                'One row per task, from its start, heartbeat and end events. A task without a heartbeat for its time to live is lost.',
            },
            task,
          ),
        ],
      ],
    },
    {
      height: 4,
      panels: [
        [
          3,
          statPanel(
            { title: 'Cost', description: 'All charges of the task at list prices, corrections included.' },
            'currencyUSD',
            cost,
          ),
        ],
        [
          3,
          statPanel(
            {
              title: 'Duration',
              description: 'From start to end, or to the ingest watermark while it runs.',
            },
            's',
            duration,
          ),
        ],
        [
          3,
          statPanel(
            {
              title: 'CPU of commands',
              description: 'Active CPU of its commands; commands that ran in parallel share a measurement.',
            },
            's',
            counted('sum(cpu_s) AS cpu_s', 'lineage', "kind = 'command'"),
          ),
        ],
        [
          3,
          statPanel(
            { title: 'Tokens', description: 'Input and output tokens of its model answers.' },
            'short',
            tokens,
          ),
        ],
        [
          3,
          statPanel(
            { title: 'Commands failed', description: 'Commands with an exit code other than 0, or killed.' },
            'short',
            counted('countIf(is_error) AS failed', 'lineage', "kind = 'command'"),
          ),
        ],
        [
          3,
          statPanel(
            { title: 'Files changed', description: 'Distinct paths.' },
            'short',
            counted('uniqExact(path) AS files', 'lineage', "kind = 'file'"),
          ),
        ],
        [
          3,
          statPanel(
            { title: 'Secrets denied', description: 'Accesses that were denied.' },
            'short',
            counted("countIf(outcome = 'denied') AS denied", 'secret_accesses', "kind = 'accessed'"),
          ),
        ],
        [
          3,
          statPanel(
            {
              title: 'Overrides',
              description: 'Policies and budgets that a person set aside for this task.',
            },
            'short',
            counted('uniqExact(override_id) AS overrides', 'policy_events', "kind = 'overridden'"),
          ),
        ],
      ],
    },
  ],
})
