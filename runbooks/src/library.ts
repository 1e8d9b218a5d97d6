/** The runbooks that ship with Sandglass: one Markdown file for each alert, beside this package's source. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRunbook } from './parse.ts'
import { type Runbook, RunbookError } from './runbook.ts'

const shippedDirectory = join(import.meta.dirname, '..')

/** Names of all runbooks, sorted. */
export function listRunbooks(directory: string = shippedDirectory): readonly string[] {
  return readdirSync(directory)
    .filter((file) => /^[A-Z]\w*\.md$/.test(file) && file !== 'README.md')
    .map((file) => file.slice(0, -'.md'.length))
    .sort()
}

/** Throws RunbookError when there is none of that name, or when its text is incomplete. */
export function loadRunbook(name: string, directory: string = shippedDirectory): Runbook {
  const names = listRunbooks(directory)
  if (!names.includes(name))
    throw new RunbookError(`no runbook is called "${name}"; there are: ${names.join(', ')}`)
  return parseRunbook(name, readFileSync(join(directory, `${name}.md`), 'utf8'))
}
