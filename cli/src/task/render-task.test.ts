import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { renderTask } from './render-task.ts'
import type { Step, TaskReport, ToolCall } from './task-report.ts'

const tool = (id: string, parent: string, time: string): ToolCall => ({
  tool_name: `tool_${id}`,
  tool_call_id: id,
  parent_tool_call_id: parent,
  prompt_id: 'prm_1',
  time,
  duration_s: 1.5,
  is_error: false,
  error_type: '',
})

const step = (fields: Partial<Step>): Step => ({
  time: '2026-11-23 10:00:01.500000000',
  sequence: 0,
  kind: 'command',
  text: 'git status',
  outcome: 'exit 0, cpu 0.1 s',
  prompt_id: 'prm_1',
  tool_call_id: '',
  actor: 'fixer',
  ...fields,
})

const report: TaskReport = {
  task: {
    tenant_id: 'default',
    task_id: 'task_1',
    task_class: 'code_fix',
    trust_tier: 'B',
    team_id: 'payments',
    user_id: 'u_1',
    actor_type: 'agent',
    agent_name: 'fixer',
    sandbox_id: 'sb_1',
    trace_id: 'ab',
    repository_url: '',
    attempt: 1,
    started_at: '2026-11-23 10:00:00.000000000',
    finished_at: null,
    outcome: 'running',
    outcome_source: '',
    error_type: '',
    error_message: '',
    duration_s: 3,
  },
  tools: [
    tool('b', 'a', '2026-11-23 10:00:02.000000000'),
    tool('a', '', '2026-11-23 10:00:01.000000000'),
    tool('c', 'gone', '2026-11-23 10:00:03.000000000'),
  ],
  timeline: [
    step({ tool_call_id: 'b', text: `node -e '\nconsole.log(${'1'.repeat(400)})'` }),
    step({ kind: 'secret', text: 'accessed KEY through env', outcome: 'denied', tool_call_id: 'a' }),
  ],
  cost: [],
  costUsd: '0.000000012',
  calibrated: false,
  cpuSeconds: '1.25',
}

const lines = stripVTControlCharacters(renderTask(report)).split('\n')

test('a call stands under the call that made it, and a call whose parent is unknown is still shown', () => {
  const tree = lines.slice(lines.indexOf('Tool calls') + 1, lines.indexOf('Timeline') - 1)
  expect(tree.map((line) => line.replace(/ \d.*/, ''))).toEqual([
    'tool_a a',
    '└─ tool_b b',
    expect.stringMatching(/^ {3}└─ \$ node -e ' console\.log/),
    'tool_c c',
  ])
})

test('a step shows its time since the start, its outcome and what caused it, on one line', () => {
  expect(lines).toContainEqual(
    expect.stringMatching(
      / 1\.500 s {2}secret {3}accessed KEY through env {2}denied {2}← call a, prompt prm_1, actor fixer/,
    ),
  )
})

test('tool calls that name each other as parent do not hang the tree', () => {
  const loop = { ...report, tools: [tool('x', 'y', '1'), tool('y', 'x', '2'), tool('r', '', '0')] }
  expect(stripVTControlCharacters(renderTask(loop))).toMatch(/tool_r r/)
})
