import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../ports.ts'
import { createMemoryContainer, type MemoryCommand } from '../testing/memory-container.ts'
import { createWatchedDirectory } from './watched-directory.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandglass-listing-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Runs the very command in the directory, by a `find` that has `-printf` or has not. */
function runHere(hasPrintf: boolean): (command: readonly string[]) => MemoryCommand {
  return ([program = '', ...args]) => {
    if (!hasPrintf && args.includes('-printf')) return { exitCode: 1 }
    return { stdout: execFileSync(program, args, { cwd: directory, encoding: 'utf8' }) }
  }
}

test.each([
  ['GNU find', true],
  ['the find of BusyBox, which has no -printf', false],
])('with %s files that came, changed, moved and went are found', async (_, hasPrintf) => {
  const at = (name: string): string => join(directory, name)
  const container = createMemoryContainer(runHere(hasPrintf))
  const watched = createWatchedDirectory(container, systemClock, directory)
  for (const name of ['stays', 'goes', 'moves', 'grows']) writeFileSync(at(name), name)
  mkdirSync(at('node_modules'))
  await watched.scan()
  expect([watched.has(at('stays')), watched.has(at('comes')), watched.has('/elsewhere')]).toEqual([
    true,
    false,
    undefined,
  ])
  expect(watched.has(at('node_modules/x'))).toBeUndefined()
  writeFileSync(at('comes with a space'), 'new')
  writeFileSync(at('grows'), 'much longer')
  writeFileSync(at('node_modules/x'), 'not looked at')
  renameSync(at('moves'), at('moved'))
  rmSync(at('goes'))
  const { changes, isComplete } = await watched.scan()
  expect(isComplete).toBe(true)
  expect(changes.map(({ operation, path }) => `${operation} ${path}`).toSorted()).toEqual(
    ['create comes with a space', 'delete goes', 'modify grows', 'rename moved'].map((line) => {
      const [operation = '', ...name] = line.split(' ')
      return `${operation} ${at(name.join(' '))}`
    }),
  )
})
