/**
 * Instances that Cloudflare says are active, of every application of an account.
 * https://developers.cloudflare.com/api/resources/containers/ · an instance's id is its Durable Object's.
 */
import { z } from 'zod'
import { askProvider, ProviderError, type ProviderAccess } from './provider-http.ts'

export interface ProviderInstance {
  readonly instanceId: string
  readonly applicationId: string
  readonly name: string
  /** provisioning, running or stopping. */
  readonly state: string
  readonly startedAt: string
}

const PER_PAGE = { applications: 500, instances: 1000 } as const
/** Pages of one list: a token that never ends is an error, not a reason to ask for ever. */
const PAGES_MAX = 10_000

const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({
    success: z.boolean(),
    errors: z.array(z.object({ message: z.string() })).default([]),
    result: z.array(item).nullable(),
    result_info: z.object({ next_page_token: z.string().nullish() }).nullish(),
  })

const applicationSchema = z.object({ id: z.string() })

const instanceSchema = z.object({
  id: z.string(),
  application_id: z.string().optional(),
  name: z.string().optional(),
  started_at: z.string().optional(),
  status: z.object({ state: z.string() }),
})

/** @throws ProviderError when the API refuses or answers another shape */
export async function fetchActiveInstances(access: ProviderAccess): Promise<readonly ProviderInstance[]> {
  const root = `/accounts/${encodeURIComponent(access.accountId)}/containers/applications`
  const applications = await fetchList(access, `${root}?per_page=${PER_PAGE.applications}`, applicationSchema)
  const instances: ProviderInstance[] = []
  for (const { id } of applications) {
    const path = `${root}/${encodeURIComponent(id)}/instances-v2?state=active&per_page=${PER_PAGE.instances}`
    const found = await fetchList(access, path, instanceSchema)
    instances.push(
      ...found.map((instance) => ({
        instanceId: instance.id,
        applicationId: instance.application_id ?? id,
        name: instance.name ?? '',
        state: instance.status.state,
        startedAt: instance.started_at ?? '',
      })),
    )
  }
  return instances
}

async function fetchList<T extends z.ZodType>(
  access: ProviderAccess,
  path: string,
  item: T,
): Promise<readonly z.infer<T>[]> {
  const all: z.infer<T>[] = []
  let token = ''
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const url = token === '' ? path : `${path}&page_token=${encodeURIComponent(token)}`
    const answer = pageSchema(item).safeParse(await askProvider(access, url))
    if (!answer.success)
      throw new ProviderError(`the list at ${path} has an unknown shape: ${z.prettifyError(answer.error)}`)
    const { success, errors, result, result_info } = answer.data
    if (!success || result === null)
      throw new ProviderError(
        `the list at ${path} was refused: ${errors.map(({ message }) => message).join('; ')}`,
      )
    all.push(...result)
    token = result_info?.next_page_token ?? ''
    if (token === '') return all
  }
  throw new ProviderError(`the list at ${path} does not end after ${PAGES_MAX} pages`)
}
