/** Flags of the commands that read the provider's billing data. */
import { CLOUDFLARE_API, ProviderError, type ProviderAccess } from '@sandglass/schemas/charges/provider-http'
import { Option, type Command } from 'commander'
import { OperationError, UsageError } from '../errors.ts'

export interface ProviderFlags {
  readonly account?: string
  readonly apiUrl: string
}

/** Where the token is taken from: a flag would show it to everyone on the machine. */
const TOKEN_VARIABLE = 'CLOUDFLARE_API_TOKEN'

export const withProvider = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--account <id>',
        'Cloudflare account; its API token is taken from CLOUDFLARE_API_TOKEN alone',
      ).env('CLOUDFLARE_ACCOUNT_ID'),
    )
    .option('--api-url <url>', "base of the provider's API", CLOUDFLARE_API)

/** Throws UsageError when the account or the token is missing. */
export function providerAccess({ account = '', apiUrl }: ProviderFlags): ProviderAccess {
  const apiToken = process.env[TOKEN_VARIABLE] ?? ''
  if (account === '') throw new UsageError('which account? Give --account <id> or set CLOUDFLARE_ACCOUNT_ID')
  if (apiToken === '')
    throw new UsageError(
      `${TOKEN_VARIABLE} is not set: make a token with the rights Account Analytics: Read and Workers Containers: Read`,
    )
  return { apiUrl: apiUrl.replace(/\/$/, ''), accountId: account, apiToken, fetch }
}

/** Errors of the provider are operational: exit code 1. */
export async function asking<T>(ask: Promise<T>): Promise<T> {
  try {
    return await ask
  } catch (error) {
    if (error instanceof ProviderError) throw new OperationError(error.message, { cause: error })
    throw error
  }
}
