/**
 * What Cloudflare bills containers by: GraphQL containersUsageAdaptiveGroups.
 * https://developers.cloudflare.com/analytics/graphql-api/ · minutes late: for reconciliation, never for enforcement.
 */
import { z } from 'zod'

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

export interface ProviderOptions {
  /** Default: Cloudflare's. */
  readonly endpoint?: string
  readonly accountId: string
  readonly apiToken: string
  /** UTC days; `to` is exclusive. */
  readonly from: string
  readonly to: string
  readonly fetch: typeof fetch
}

export class ProviderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProviderError'
  }
}

const ENDPOINT = 'https://api.cloudflare.com/client/v4/graphql'

/** The API's own limit of groups in one answer. */
const GROUPS_MAX = 10_000

const query = `query Usage($account: string!, $from: Date!, $to: Date!) {
  viewer {
    accounts(filter: { accountTag: $account }) {
      containersUsageAdaptiveGroups(limit: ${GROUPS_MAX}, filter: { date_geq: $from, date_lt: $to }) {
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

/** @throws ProviderError when the API refuses, answers another shape, or has more groups than one answer holds */
export async function fetchProviderUsage(options: ProviderOptions): Promise<readonly ProviderUsage[]> {
  const answer = answerSchema.safeParse(await ask(options))
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
      `the usage API knows no account ${options.accountId}: check the id and the token's rights`,
    )
  }
  const groups = account.containersUsageAdaptiveGroups
  if (groups.length >= GROUPS_MAX) {
    throw new ProviderError(
      `more than ${GROUPS_MAX} groups between ${options.from} and ${options.to}: ask for fewer days`,
    )
  }
  return groups.map(({ dimensions: { date, label, region, ...ids }, sum }) => ({
    ...ids,
    ...sum,
    region: region ?? '',
    teamId: label ?? '',
    day: date,
  }))
}

async function ask({
  endpoint = ENDPOINT,
  accountId,
  apiToken,
  from,
  to,
  fetch,
}: ProviderOptions): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiToken}` },
    body: JSON.stringify({ query, variables: { account: accountId, from, to } }),
  })
  if (!response.ok) {
    throw new ProviderError(
      `the usage API at ${endpoint} answered ${response.status}: ${(await response.text()).slice(0, 200)}`,
    )
  }
  return response.json()
}
