/** What the task did: its tool calls as a graph, and the chain from prompts over commands to files, both ways. */
import type { Section } from '../layout.ts'
import { nodeGraphPanel, tablePanel } from '../panels/panels.ts'
import { taskRows } from './scope.ts'

/** More nodes than this the graph does not show readably. */
const nodesMax = 500
const rowsMax = 1000

const commandsByCall = `
  SELECT tool_call_id, count() AS commands, countIf(is_error) AS failed_commands
  FROM lineage
  WHERE ${taskRows} AND kind = 'command'
  GROUP BY tool_call_id
`

const calls = `
  SELECT
    tool_call_id AS id,
    any(e.parent_tool_call_id) AS parent,
    any(tool_name) AS title,
    any(prompt_id) AS subtitle,
    max(duration_ns) / 1e9 AS seconds,
    max(is_error) AS failed
  FROM tool_edges AS e
  WHERE ${taskRows}
  GROUP BY tool_call_id
`

// Every call has an arc of its commands that went well and one of those that failed, or of its own result without commands.
const nodes = `
  SELECT
    id,
    title,
    subtitle,
    concat(toString(round(seconds, 2)), ' s') AS mainstat,
    concat(toString(commands), ' commands') AS secondarystat,
    if(commands = 0, toFloat64(failed), failed_commands / commands) AS arc__failed,
    1 - arc__failed AS arc__ok
  FROM (${calls}) AS c
  LEFT JOIN (${commandsByCall}) AS m ON c.id = m.tool_call_id
  ORDER BY id
  LIMIT ${nodesMax}
  UNION ALL
  SELECT 'agent', ifNull(any(agent_name), ''), 'agent', '', '', 0, 1
  FROM tool_edges
  WHERE ${taskRows}
  HAVING count() > 0
`

// A parent that sent no span of its own would be an edge into nothing: such calls hang on the agent.
const edges = `
  WITH (SELECT groupUniqArray(tool_call_id) FROM tool_edges WHERE ${taskRows}) AS known
  SELECT concat(source, '>', id) AS id, if(has(known, parent), parent, 'agent') AS source, c.id AS target
  FROM (${calls}) AS c
  ORDER BY id
  LIMIT ${nodesMax}
`

const lineage = `
  WITH
    prompts AS (
      SELECT prompt_id, any(prompt_source) AS source, any(model) AS prompt_model
      FROM lineage
      WHERE ${taskRows} AND kind = 'prompt'
      GROUP BY prompt_id
    ),
    files AS (
      SELECT span_id, arraySort(groupUniqArray(concat(file_operation, ' ', path))) AS changed
      FROM lineage
      WHERE ${taskRows} AND kind = 'file' AND span_id != ''
      GROUP BY span_id
    )
  SELECT
    time,
    l.prompt_id AS prompt,
    prompts.source AS source,
    if(actor_id = '', user_id, actor_id) AS actor,
    tool_name AS tool,
    command_line AS command,
    exit_code,
    kill_signal AS signal,
    cpu_s,
    duration_ns / 1e9 AS duration_s,
    arrayStringConcat(files.changed, ', ') AS files
  FROM lineage AS l
  LEFT JOIN prompts ON l.prompt_id = prompts.prompt_id
  LEFT JOIN files ON l.span_id = files.span_id
  WHERE ${taskRows} AND kind = 'command'
  ORDER BY time
  LIMIT ${rowsMax}
`

// A file that names no command itself is the work of the command in whose span it changed.
const fileTimeline = `
  WITH
    prompts AS (
      SELECT prompt_id, any(prompt_source) AS source
      FROM lineage
      WHERE ${taskRows} AND kind = 'prompt'
      GROUP BY prompt_id
    ),
    commands AS (
      SELECT span_id, any(command_line) AS line
      FROM lineage
      WHERE ${taskRows} AND kind = 'command'
      GROUP BY span_id
    )
  SELECT
    time,
    operation,
    path,
    category,
    size_bytes,
    if(command_line = '', commands.line, command_line) AS command,
    tool_name AS tool,
    f.prompt_id AS prompt,
    prompts.source AS source,
    if(actor_id = '', user_id, actor_id) AS actor,
    attribution,
    sha256_before,
    sha256_after
  FROM file_mutations AS f
  LEFT JOIN prompts ON f.prompt_id = prompts.prompt_id
  LEFT JOIN commands ON f.span_id = commands.span_id
  WHERE ${taskRows}
  ORDER BY audit_epoch, audit_sequence, time
  LIMIT ${rowsMax}
`

export const activity = (): Section => ({
  title: 'What it did, and why',
  lines: [
    {
      height: 14,
      panels: [
        [
          24,
          nodeGraphPanel(
            {
              title: 'Tool calls',
              description:
                'Each call with the call that made it. The ring shows the share of its commands that failed.',
            },
            { arcs: { arc__ok: 'green', arc__failed: 'red' } },
            { nodes, edges },
          ),
        ],
      ],
    },
    {
      height: 12,
      panels: [
        [
          24,
          tablePanel(
            {
              title: 'Prompt → command → files',
              description:
                'Every command with the prompt that led to it, where that prompt came from, on whose behalf, and the files it changed.',
            },
            lineage,
          ),
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          24,
          tablePanel(
            {
              title: 'File timeline',
              description:
                'Every changed file, back to its command, prompt and actor. Ordered by the audit sequence, since the Worker clock stands still between I/O. Attribution says how sure the command is.',
            },
            fileTimeline,
          ),
        ],
      ],
    },
  ],
})
