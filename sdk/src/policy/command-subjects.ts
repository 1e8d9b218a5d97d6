const SHELL = /^(?:\S*\/)?(?:ba|da|z|k|a)?sh(?:\s+-\S+)*\s+-\S*c\s+(.+)$/s
/** Separators between the simple commands of a script. Quotes are not parsed: a split too many judges too strictly. */
const SEPARATORS = /&&|\|\||[\n&;|]|\$\(|`|\(|\)/
/** What quoting and layout leave around a command. */
const EDGE = /[\s"']/

/** Character by character: a search for the end would take the square of a long gap. */
function withoutEdges(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && EDGE.test(text[from] ?? '')) from++
  while (to > from && EDGE.test(text[to - 1] ?? '')) to--
  return text.slice(from, to)
}

const executable = (line: string): string => (line.split(/\s/, 1)[0] ?? '').split('/').at(-1) ?? ''

function namesOf(line: string): readonly string[] {
  return [line, executable(line)]
}

/**
 * The commands in a command line, each by its whole line and its executable's name: the line itself, and when it is a
 * shell with a script, the script's simple commands. What a program does on its own is beyond what a line shows.
 * Their number is bounded by the length of the line.
 */
export function commandSubjects(line: string): readonly (readonly string[])[] {
  const script = SHELL.exec(line)?.[1]
  if (script === undefined) return [namesOf(line)]
  const simple = script
    .split(SEPARATORS)
    .map(withoutEdges)
    .filter((part) => part !== '')
  return [line, ...new Set(simple)].map(namesOf)
}
