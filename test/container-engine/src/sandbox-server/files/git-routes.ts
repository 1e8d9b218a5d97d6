import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { promisify } from 'node:util'

import { ProtocolError } from '../protocol/protocol-error.ts'
import type { ErrorCode } from '../protocol/protocol-error.ts'
import type { Call, Route } from '../protocol/route.ts'

const run = promisify(execFile)
const CLONE_TIMEOUT_MS = 120_000

const stderrOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)

function codeOf(message: string): ErrorCode {
  if (/Remote branch .* not found/.test(message)) return 'GIT_BRANCH_NOT_FOUND'
  return /not found|does not (?:exist|appear)/.test(message) ? 'GIT_REPOSITORY_NOT_FOUND' : 'GIT_CLONE_FAILED'
}

async function checkout({ bench, body }: Call): Promise<Record<string, unknown>> {
  const repoUrl = body.required('repoUrl')
  const targetDir = body.text('targetDir') ?? `/workspace/${basename(repoUrl, '.git')}`
  const [branch, depth] = [body.text('branch'), body.number('depth')]
  const options = [
    ...(branch === undefined ? [] : ['--branch', branch]),
    ...(depth === undefined ? [] : ['--depth', String(depth)]),
  ]
  const target = bench.paths.host(targetDir)
  try {
    await run('git', ['clone', ...options, '--', bench.paths.command(repoUrl), target], {
      timeout: body.number('timeoutMs') ?? CLONE_TIMEOUT_MS,
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0' },
    })
  } catch (error) {
    const message = bench.paths.output(stderrOf(error))
    throw new ProtocolError(codeOf(message), `Failed to clone repository '${repoUrl}': ${message}`, {
      repository: repoUrl,
      targetDir,
    })
  }
  const { stdout } = await run('git', ['-C', target, 'rev-parse', '--abbrev-ref', 'HEAD'])
  return { repoUrl, branch: stdout.trim(), targetDir }
}

export const GIT_ROUTES: readonly Route[] = [{ method: 'POST', path: '/api/git/checkout', answer: checkout }]
