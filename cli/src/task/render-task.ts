/** A task for the terminal: head, tool-call tree, one timeline, cost. */
import pc from 'picocolors'
import { renderRows } from '../output/render-rows.ts'
import { oneLine, renderTree } from './render-tree.ts'
import type { Step, TaskReport, TaskSummary } from './task-report.ts'

const OFFSET_DIGITS = 3
const KIND_WIDTH = 8

export function renderTask(report: TaskReport): string {
  const { task, tools, timeline, cost } = report
  return [
    ...renderHead(report),
    '',
    pc.bold('Tool calls'),
    ...orNone(renderTree(tools, timeline)),
    '',
    pc.bold('Timeline'),
    ...orNone(timeline.map((step) => renderStep(step, task))),
    '',
    pc.bold(`Cost ${report.costUsd} USD`) +
      pc.dim(` (estimate at list prices, ${report.calibrated ? 'calibrated' : 'uncalibrated'})`),
    cost.length === 0
      ? '  none'
      : renderRows(
          {
            columns: ['sku', 'quantity', 'unit', 'cost_usd', 'prices'],
            rows: cost.map((line) => [
              line.sku,
              line.quantity,
              line.unit,
              line.cost_usd,
              line.price_versions.join(' '),
            ]),
          },
          'table',
        ),
  ].join('\n')
}

function renderHead({ task, costUsd, cpuSeconds }: TaskReport): readonly string[] {
  const judged = task.outcome_source === '' ? '' : ` (judged by ${task.outcome_source})`
  const failure = task.error_type === '' ? '' : ` ${task.error_type} ${task.error_message}`
  return [
    `${pc.bold(`task ${task.task_id}`)}  ${task.task_class}  tier ${task.trust_tier}  attempt ${task.attempt}`,
    `  who      team ${task.team_id}, ${task.actor_type || 'user'} ${task.user_id}, agent ${task.agent_name}`,
    `  where    sandbox ${task.sandbox_id}, trace ${task.trace_id}${task.repository_url === '' ? '' : `, ${task.repository_url}`}`,
    `  when     ${task.started_at ?? 'unknown'} UTC, ${task.duration_s ?? '?'} s`,
    `  outcome  ${task.outcome}${judged}${failure}`,
    `  used     ${cpuSeconds} active CPU seconds, ${costUsd} USD`,
  ]
}

function renderStep(step: Step, task: TaskSummary): string {
  const kind = step.kind.padEnd(KIND_WIDTH)
  const outcome = step.outcome === '' ? '' : `  ${emphasize(step.outcome)}`
  return `  ${offset(step.time, task.started_at)}  ${kind} ${step.kind === 'policy' ? step.text : oneLine(step.text)}${outcome}${cause(step)}`
}

/** Why it happened: the tool call and the prompt behind it, and who asked. */
function cause({ kind, tool_call_id, prompt_id, actor }: Step): string {
  const parts = [
    tool_call_id === '' ? '' : `call ${tool_call_id}`,
    prompt_id === '' || kind === 'prompt' ? '' : `prompt ${prompt_id}`,
    actor === '' ? '' : `actor ${actor}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : pc.dim(`  ← ${parts.join(', ')}`)
}

const BAD = /denied|deny|blocked|killed|failed|^exit (?!0)|error/

const emphasize = (outcome: string): string => (BAD.test(outcome) ? pc.red(outcome) : pc.dim(outcome))

/** Seconds since the task's start; the clock time when the start is unknown. */
function offset(time: string, startedAt: string | null): string {
  if (startedAt === null) return time
  return `${((toMs(time) - toMs(startedAt)) / 1000).toFixed(OFFSET_DIGITS)} s`.padStart('+0000.000 s'.length)
}

/** ClickHouse prints `2026-11-23 17:00:00.123456789`, UTC. */
const toMs = (time: string): number => {
  const [seconds = '', fraction = '0'] = time.split('.')
  return Date.parse(`${seconds.replace(' ', 'T')}Z`) + Number(`0.${fraction}`) * 1000
}

const orNone = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? ['  none'] : lines)
