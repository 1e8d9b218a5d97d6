import type { Task } from '@sandglass/sdk'

import type { Shell } from '../shell.ts'

/** Who commits in a sandbox: given on the command line, since a sandbox has no configuration. */
const IDENTITY = ['-c', 'user.name=agent', '-c', 'user.email=agent@example.invalid']

export function git(...args: string[]): string[] {
  return ['git', ...IDENTITY, ...args]
}

/** Makes a repository of these files in the workspace, with one commit. */
export async function checkOut(shell: Shell, files: Readonly<Record<string, string>>): Promise<void> {
  await shell.must(['git', 'init', '--quiet', '--initial-branch=main'])
  for (const [path, text] of Object.entries(files)) await shell.write(path, text)
  await commitAll(shell, 'Start')
}

/** The same as a tool of the agent. */
export function createRepository(
  task: Task,
  shell: Shell,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  return task.tool('create_repository', { files: Object.keys(files) }, () => checkOut(shell, files))
}

/** Commits everything and returns the commit's id. */
export async function commitAll(shell: Shell, message: string): Promise<string> {
  await shell.must(git('add', '--all'))
  await shell.must(git('commit', '--quiet', '--message', message))
  return (await shell.must(['git', 'rev-parse', 'HEAD'])).trim()
}
