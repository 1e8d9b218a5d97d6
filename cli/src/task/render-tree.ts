/** The tool calls of a task as a tree: calls under the call that made them, commands under their call. */
import pc from 'picocolors'
import type { Step, ToolCall } from './task-report.ts'

const DURATION_DIGITS = 2
const LINE_CHARACTERS_MAX = 160

/** A command on one line: line breaks and runs of blanks become one blank, a long rest is cut. */
export function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ')
  return flat.length > LINE_CHARACTERS_MAX ? `${flat.slice(0, LINE_CHARACTERS_MAX - 1)}…` : flat
}

/** One line per call and command, drawn with box characters. */
export function renderTree(tools: readonly ToolCall[], timeline: readonly Step[]): readonly string[] {
  const known = new Set(tools.map(({ tool_call_id }) => tool_call_id))
  const commands = timeline.filter(({ kind }) => kind === 'command')
  const roots = tools.filter(({ parent_tool_call_id }) => !known.has(parent_tool_call_id))
  const outside = commands.filter(({ tool_call_id }) => !known.has(tool_call_id))
  return [...outside.map(commandLine), ...roots.flatMap((root) => branch(root, tools, commands, new Set()))]
}

function branch(
  call: ToolCall,
  tools: readonly ToolCall[],
  commands: readonly Step[],
  above: ReadonlySet<string>,
): readonly string[] {
  const path = new Set([...above, call.tool_call_id])
  const children = [
    ...commands
      .filter(({ tool_call_id }) => tool_call_id === call.tool_call_id)
      .map((step) => ({ time: step.time, lines: [commandLine(step)] })),
    ...tools
      .filter((t) => t.parent_tool_call_id === call.tool_call_id && !path.has(t.tool_call_id))
      .map((t) => ({ time: t.time, lines: branch(t, tools, commands, path) })),
  ].sort((a, b) => (a.time < b.time ? -1 : 1))
  return [toolLine(call), ...children.flatMap(({ lines }, i) => indent(lines, i === children.length - 1))]
}

const indent = (lines: readonly string[], last: boolean): readonly string[] =>
  lines.map((line, i) => `${i === 0 ? (last ? '└─ ' : '├─ ') : last ? '   ' : '│  '}${line}`)

const toolLine = ({ tool_name, tool_call_id, duration_s, is_error, error_type }: ToolCall): string =>
  `${pc.bold(tool_name)} ${pc.dim(tool_call_id)} ${duration_s.toFixed(DURATION_DIGITS)} s${is_error ? pc.red(` ${error_type || 'error'}`) : ''}`

const commandLine = ({ text, outcome }: Step): string =>
  `$ ${oneLine(text)}  ${outcome.startsWith('exit 0') ? pc.dim(outcome) : pc.red(outcome)}`
