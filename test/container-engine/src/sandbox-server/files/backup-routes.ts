import { execFile } from 'node:child_process'
import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

import { ProtocolError } from '../protocol/protocol-error.ts'
import type { ErrorCode } from '../protocol/protocol-error.ts'
import type { Call, Route } from '../protocol/route.ts'

const run = promisify(execFile)
const ARCHIVES = '/var/backups/'

function archiveOf({ bench, body }: Call): { readonly name: string; readonly host: string } {
  const name = body.required('archivePath')
  if (!name.startsWith(ARCHIVES) || name.includes('..'))
    throw new ProtocolError(
      'INVALID_BACKUP_CONFIG',
      'Invalid archivePath: must use designated backup directory',
    )
  return { name, host: bench.paths.host(name) }
}

const failed = (code: ErrorCode, error: unknown, dir: string): ProtocolError =>
  new ProtocolError(
    code,
    `tar failed for ${dir}: ${error instanceof Error ? error.message : String(error)}`,
    { dir },
  )

/** The package writes squashfs; here it is a tar, which nobody but this server reads. */
async function create(call: Call): Promise<Record<string, unknown>> {
  const { bench, body } = call
  const archive = archiveOf(call)
  const dir = body.required('dir')
  const excludes = body.texts('excludes').map((glob) => `--exclude=${glob}`)
  const ignored = body.flag('gitignore') === true ? ['--exclude-vcs-ignores'] : []
  await mkdir(dirname(archive.host), { recursive: true })
  try {
    await run('tar', ['-czf', archive.host, ...excludes, ...ignored, '-C', bench.paths.host(dir), '.'])
  } catch (error) {
    throw failed('BACKUP_CREATE_FAILED', error, dir)
  }
  return { sizeBytes: (await stat(archive.host)).size, archivePath: archive.name }
}

/** The directory is what it was: what came later is gone. */
async function restore(call: Call): Promise<Record<string, unknown>> {
  const { bench, body } = call
  const archive = archiveOf(call)
  const dir = body.required('dir')
  const target = bench.paths.host(dir)
  try {
    await stat(archive.host)
    await mkdir(target, { recursive: true })
    await run('find', [target, '-mindepth', '1', '-delete'])
    await run('tar', ['-xzf', archive.host, '-C', target])
  } catch (error) {
    throw failed('BACKUP_RESTORE_FAILED', error, dir)
  }
  await rm(archive.host, { force: true })
  return { dir }
}

export const BACKUP_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/backup/create', answer: create },
  { method: 'POST', path: '/api/backup/restore', answer: restore },
]
