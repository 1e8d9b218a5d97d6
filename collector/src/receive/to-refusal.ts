/** What each failure of a request means to its client. */
import { classifyCommitError, codeOf } from '../errors.ts'
import { DecodeError } from '../otlp/decode-error.ts'
import { ClientGone } from './read-body.ts'
import { Refusal } from './refusal.ts'

const COMMIT_MESSAGES = {
  disk_full: 'the disk of the collector is full, try again',
  disk_failed: 'the disk of the collector refused a write, try again',
  log_broken: 'the disk of the collector failed, try again',
} as const

/** Throws the error of a client that is gone: nobody is left to answer. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof DecodeError) return new Refusal('malformed', error.message)
  if (error instanceof ClientGone || codeOf(error) === 'ECONNRESET') throw error
  const failure = classifyCommitError(error)
  return new Refusal(failure, COMMIT_MESSAGES[failure])
}
