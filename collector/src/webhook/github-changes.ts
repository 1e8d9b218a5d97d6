/**
 * What a webhook of GitHub says about changes that were merged and reverted.
 *
 * A revert is known by what GitHub itself writes: `Reverts owner/name#12` in the description of a pull request, or
 * `This reverts commit <sha>.` in the message of a commit. https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
import { attr, event, type EventName } from '@sandglass/schemas/semconv'
import { z } from 'zod'

/** One event of ours, ready to be sent. */
export interface ChangeEvent {
  readonly eventName: EventName
  readonly timeMs: number
  readonly attributes: Readonly<Record<string, string>>
}

const actorSchema = z.object({ id: z.int(), type: z.string() })
const repositorySchema = z.object({ html_url: z.string(), default_branch: z.string() })

const pullRequestSchema = z.object({
  action: z.string(),
  repository: repositorySchema,
  pull_request: z.object({
    number: z.int(),
    body: z.string().nullish(),
    merged: z.boolean(),
    merged_at: z.iso.datetime({ offset: true }).nullish(),
    merge_commit_sha: z.string().nullish(),
    merged_by: actorSchema.nullish(),
  }),
})

const pushSchema = z.object({
  ref: z.string(),
  repository: repositorySchema,
  sender: actorSchema,
  commits: z.array(z.object({ message: z.string(), timestamp: z.iso.datetime({ offset: true }) })),
})

/** Events of one delivery, in order; none for deliveries that say nothing of the kind. Throws ZodError. */
export function changesOf(delivery: string, payload: unknown): readonly ChangeEvent[] {
  if (delivery === 'pull_request') return pullRequestChanges(pullRequestSchema.parse(payload))
  return delivery === 'push' ? pushChanges(pushSchema.parse(payload)) : []
}

const REVERTED_CHANGES = /^\s*Reverts\s+(?:[\w.-]+\/[\w.-]+)?#(\d+)/gim

function pullRequestChanges(payload: z.infer<typeof pullRequestSchema>): readonly ChangeEvent[] {
  const { action, repository, pull_request: change } = payload
  if (action !== 'closed' || !change.merged || !change.merged_at) return []
  const timeMs = Date.parse(change.merged_at)
  const about = (eventName: EventName, changeId: string): ChangeEvent => ({
    eventName,
    timeMs,
    attributes: {
      [attr.repositoryUrl]: repository.html_url,
      [attr.changeId]: changeId,
      ...(change.merge_commit_sha ? { [attr.commitSha]: change.merge_commit_sha } : {}),
      ...actorOf(change.merged_by ?? undefined),
    },
  })
  const reverted = [...(change.body ?? '').matchAll(REVERTED_CHANGES)].map((match) => match[1] ?? '')
  return [
    about(event.changeMerged, String(change.number)),
    ...reverted.map((id) => about(event.changeReverted, id)),
  ]
}

const REVERTED_COMMIT = /^This reverts commit ([0-9a-f]{40})\b/m
const CHANGE_IN_TITLE = /^Revert ".*\(#(\d+)\)"/

/** A commit names the change it reverts by the title of a squash merge; else the commit stands for the change. */
function pushChanges({
  ref,
  repository,
  sender,
  commits,
}: z.infer<typeof pushSchema>): readonly ChangeEvent[] {
  if (ref !== `refs/heads/${repository.default_branch}`) return []
  return commits.flatMap(({ message, timestamp }) => {
    const sha = REVERTED_COMMIT.exec(message)?.[1]
    if (sha === undefined) return []
    const attributes = {
      [attr.repositoryUrl]: repository.html_url,
      [attr.changeId]: CHANGE_IN_TITLE.exec(message)?.[1] ?? sha,
      [attr.commitSha]: sha,
      ...actorOf(sender),
    }
    return [{ eventName: event.changeReverted, timeMs: Date.parse(timestamp), attributes }]
  })
}

/** The number of the account: opaque, and it outlives a change of name. */
function actorOf(actor: z.infer<typeof actorSchema> | undefined): Readonly<Record<string, string>> {
  if (actor === undefined) return {}
  const kind = actor.type === 'Bot' ? 'service' : 'human'
  return { [attr.actorId]: `github:${actor.id}`, [attr.actorType]: kind }
}
