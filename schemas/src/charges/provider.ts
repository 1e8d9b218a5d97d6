/**
 * What Cloudflare bills containers by: GraphQL containersUsageAdaptiveGroups.
 * https://developers.cloudflare.com/analytics/graphql-api/tutorials/querying-container-metrics/
 * It counts the container with the micro VM around it, and is minutes late: for reconciliation, never for enforcement.
 */
import { z } from 'zod'
import { askProvider, ProviderError, type ProviderAccess } from './provider-http.ts'

export interface ProviderUsage {
  readonly instanceId: string
  readonly applicationId: string
  readonly region: string
  /** Label `team` of the instance; empty when it has none. */
  readonly teamId: string
  /** UTC day, YYYY-MM-DD. */
  readonly day: string
  /** Active CPU, s. */
  readonly cpuTimeSec: number
  /** Provisioned, By·s. */
  readonly allocatedMemory: number
  readonly allocatedDisk: number
  /** By. */
  readonly txBytes: number
}

export interface ProviderWindow {
  /** Unix time in ms; end exclusive. */
  readonly fromMs: number
  readonly toMs: number
  /** This instance only; absent: all. */
  readonly instanceId?: string
}

/** The API's own limit of groups in one answer. */
const GROUPS_MAX = 10_000
const DAY_MS = 86_400_000

/** Groups come in the order of instances, so that the last instance of a full answer is where the next one begins. */
const query = `query Usage($account: string!, $filter: AccountContainersUsageAdaptiveGroupsFilter_InputObject!) {
  viewer {
    accounts(filter: { accountTag: $account }) {
      containersUsageAdaptiveGroups(limit: ${GROUPS_MAX}, orderBy: [instanceId_ASC], filter: $filter) {
        dimensions { instanceId applicationId region date label(name: "team") }
        sum { cpuTimeSec allocatedMemory allocatedDisk txBytes }
      }
    }
  }
}`

const amount = z.number().nonnegative()

const groupSchema = z.object({
  dimensions: z.object({
    instanceId: z.string(),
    applicationId: z.string(),
    region: z.string().nullish(),
    date: z.iso.date(),
    label: z.string().nullish(),
  }),
  sum: z.object({ cpuTimeSec: amount, allocatedMemory: amount, allocatedDisk: amount, txBytes: amount }),
})

type Group = z.infer<typeof groupSchema>

const answerSchema = z.object({
  data: z
    .object({
      viewer: z.object({
        accounts: z.array(z.object({ containersUsageAdaptiveGroups: z.array(groupSchema) })),
      }),
    })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
})

/** Everything in the window, a day and a page at a time. @throws ProviderError when the API refuses or answers another shape */
export async function fetchProviderUsage(
  access: ProviderAccess,
  window: ProviderWindow,
): Promise<readonly ProviderUsage[]> {
  const usage: ProviderUsage[] = []
  for (let fromMs = window.fromMs; fromMs < window.toMs; fromMs = nextMidnight(fromMs)) {
    const day = { ...window, fromMs, toMs: Math.min(window.toMs, nextMidnight(fromMs)) }
    usage.push(...(await fetchDay(access, day)).map(toUsage))
  }
  return usage
}

const nextMidnight = (ms: number): number => (Math.floor(ms / DAY_MS) + 1) * DAY_MS

async function fetchDay(access: ProviderAccess, window: ProviderWindow): Promise<readonly Group[]> {
  const groups: Group[] = []
  let after = ''
  for (;;) {
    const page = await fetchPage(access, window, after)
    if (page.length < GROUPS_MAX) return [...groups, ...page]
    const last = page.at(-1)?.dimensions.instanceId ?? ''
    if (last === page[0]?.dimensions.instanceId) {
      throw new ProviderError(
        `instance ${last} alone has ${GROUPS_MAX} groups in a day: ask for a shorter time`,
      )
    }
    // The last instance may be cut: it is asked for again, as the first of the next page.
    groups.push(...page.filter(({ dimensions }) => dimensions.instanceId !== last))
    after = last
  }
}

async function fetchPage(
  access: ProviderAccess,
  window: ProviderWindow,
  from: string,
): Promise<readonly Group[]> {
  const filter = {
    datetime_geq: new Date(window.fromMs).toISOString(),
    datetime_lt: new Date(window.toMs).toISOString(),
    ...(window.instanceId === undefined ? {} : { instanceId: window.instanceId }),
    ...(from === '' ? {} : { instanceId_geq: from }),
  }
  const body = { query, variables: { account: access.accountId, filter } }
  const answer = answerSchema.safeParse(await askProvider(access, '/graphql', body))
  if (!answer.success) {
    throw new ProviderError(`the usage API answered an unknown shape: ${z.prettifyError(answer.error)}`)
  }
  const { data, errors } = answer.data
  if (errors !== undefined && errors !== null && errors.length > 0) {
    throw new ProviderError(`the usage API refused: ${errors.map(({ message }) => message).join('; ')}`)
  }
  const [account] = data?.viewer.accounts ?? []
  if (account === undefined) {
    throw new ProviderError(
      `the usage API knows no account ${access.accountId}: check the id and the token's rights`,
    )
  }
  return account.containersUsageAdaptiveGroups
}

const toUsage = ({ dimensions: { date, label, region, ...ids }, sum }: Group): ProviderUsage => ({
  ...ids,
  ...sum,
  region: region ?? '',
  teamId: label ?? '',
  day: date,
})
