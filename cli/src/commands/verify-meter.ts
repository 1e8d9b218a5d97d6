import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import {
  BURNS_MAX,
  BURNS_MIN,
  calibrate,
  meteredCpuQuery,
  type Burn,
  type Calibration,
} from '@sandglass/schemas/charges/calibration'
import { fetchProviderUsage } from '@sandglass/schemas/charges/provider'
import type { ProviderAccess } from '@sandglass/schemas/charges/provider-http'
import { attr, event } from '@sandglass/schemas/semconv'
import { Command } from 'commander'
import { readObjects } from '../clickhouse.ts'
import { OperationError, UsageError } from '../errors.ts'
import { parseTtl } from '../enforcement.ts'
import { runBurns, type BurnWindow } from '../ledger/burn.ts'
import { authorityAttributes } from '../ledger/correction-events.ts'
import {
  requireAuthority,
  waitForWatermark,
  withLedger,
  withLedgerAuthority,
  withReader,
  type Authority,
  type AuthorityFlags,
  type LedgerFlags,
} from '../ledger/ledger.ts'
import { postEvents } from '../ledger/post-events.ts'
import { asking, providerAccess, withProvider, type ProviderFlags } from '../ledger/provider-options.ts'
import { printStep } from '../output/progress.ts'
import { parsePercent } from './params.ts'

interface VerifyFlags extends LedgerFlags, AuthorityFlags, ProviderFlags {
  readonly instanceType: string
  readonly sandbox: string
  readonly instance?: string
  readonly burn: string
  readonly burns: string
  readonly quiet: string
  readonly settle: string
  readonly tolerance: string
  readonly dryRun?: boolean
}

const SETTLE_MS_MAX = 60_000
const PERCENT = 100

export function verifyMeterCommand(): Command {
  const command = new Command('verify-meter')
    .description("burn CPU in a sandbox and compare what was metered with the provider's billing data")
    .requiredOption('--instance-type <type>', 'what is verified: standard-1')
    .requiredOption('--sandbox <id>', 'a sandbox of that type, metered, with nothing else to do')
    .requiredOption('--burn <command>', 'shell command that makes it burn CPU, and returns when it has')
    .option('--instance <id>', "the provider's id of the instance; default: the sandbox's")
    .option('--burns <count>', `how often, ${BURNS_MIN} to ${BURNS_MAX}`, '8')
    .option('--quiet <duration>', 'rest between burns, longer than two intervals of the meter', '2m')
    .option('--settle <duration>', "wait for the provider's data, which is minutes late", '15m')
    .option('--tolerance <percent>', 'bias up to which the meter counts as calibrated', '5')
    .option('--dry-run', 'measure and print, record nothing')
    .addHelpText('after', AFTER_HELP)
  return withLedgerAuthority(withProvider(withLedger(command))).action(runVerify)
}

const AFTER_HELP = `
What it finds is recorded: bias with a 95 % interval. When the whole interval lies within the tolerance, money of that instance
type is labelled calibrated from then on, and uncalibrated again as soon as a later verification fails.
`

async function runVerify(flags: VerifyFlags): Promise<void> {
  const authority =
    flags.dryRun === true ? undefined : requireAuthority(flags, 'recording a verification', 'meter verified')
  const plan = {
    command: flags.burn,
    burns: parseBurns(flags.burns),
    quietMs: parseSpan('--quiet', flags.quiet),
  }
  const [settleMs, tolerance] = [
    parseSpan('--settle', flags.settle),
    parsePercent('--tolerance', flags.tolerance),
  ]
  const access = providerAccess(flags)
  const windows = await runBurns({ ...plan, progress: printStep })
  printStep(`waiting ${flags.settle} for the provider's data`)
  await sleep(settleMs)
  const burns = await withReader(flags, (reader) => compare(reader, flags, access, windows))
  const calibration = calibrate(burns, tolerance / PERCENT)
  if (authority !== undefined) await record(flags, calibration, windows, authority)
  print(flags, calibration, burns)
}

function parseBurns(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= BURNS_MIN && count <= BURNS_MAX) return count
  throw new UsageError(`--burns ${text}: write a whole number from ${BURNS_MIN} to ${BURNS_MAX}`)
}

function parseSpan(flag: string, text: string): number {
  try {
    return parseTtl(text)
  } catch {
    throw new UsageError(`${flag} ${text}: write a duration such as 90s or 15m`)
  }
}

/** Throws OperationError for a burn that one of the books does not have: then nothing can be said. */
async function compare(
  reader: ClickHouseClient,
  flags: VerifyFlags,
  access: ProviderAccess,
  windows: readonly BurnWindow[],
): Promise<readonly Burn[]> {
  await waitForWatermark(reader, flags.tenant, Date.now(), SETTLE_MS_MAX)
  const burns: Burn[] = []
  for (const window of windows) {
    const instanceId = flags.instance ?? flags.sandbox
    const meteredS = await readMetered(reader, flags, window)
    const usage = await asking(fetchProviderUsage(access, { ...window, instanceId }))
    const billedS = usage.reduce((sum, { cpuTimeSec }) => sum + cpuTimeSec, 0)
    if (billedS === 0)
      throw new OperationError(
        `the provider bills nothing for instance ${instanceId} in ${describe(window)}: is it the right instance? Its data may also ` +
          'be later than --settle',
      )
    burns.push({ meteredS, billedS })
  }
  return burns
}

async function readMetered(
  reader: ClickHouseClient,
  flags: VerifyFlags,
  window: BurnWindow,
): Promise<number> {
  const { tenant, sandbox, instanceType } = flags
  const [row] = await readObjects<{
    cpu_s: string
    intervals: number
    instance_types: string[]
    doubtful: number
  }>(reader, meteredCpuQuery, { tenant, sandbox, ...window })
  if (row === undefined || row.intervals === 0)
    throw new OperationError(`sandbox ${sandbox} has no usage in ${describe(window)}: does its meter run?`)
  const others = row.instance_types.filter((type) => type !== instanceType)
  if (others.length > 0)
    throw new UsageError(`sandbox ${sandbox} runs on ${others.join(', ')}, not on ${instanceType}`)
  if (row.doubtful > 0)
    throw new OperationError(
      `${row.doubtful} of ${row.intervals} intervals in ${describe(window)} were interpolated or lost: verify again`,
    )
  return Number(row.cpu_s)
}

const describe = ({ fromMs, toMs }: BurnWindow): string =>
  `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`

async function record(
  flags: VerifyFlags,
  { samples, bias, low, high, tolerance, calibrated }: Calibration,
  windows: readonly BurnWindow[],
  authority: Authority,
): Promise<void> {
  const attributes = {
    [attr.instanceType]: flags.instanceType,
    [attr.meterBias]: bias,
    [attr.meterBiasLow]: low,
    [attr.meterBiasHigh]: high,
    [attr.meterSamples]: samples,
    [attr.meterTolerance]: tolerance,
    [attr.meterCalibrated]: calibrated,
    [attr.usageStart]: windows[0]?.fromMs ?? 0,
    [attr.usageEnd]: windows.at(-1)?.toMs ?? 0,
    ...authorityAttributes(authority),
  }
  const verified = { name: event.meterVerified, timeMs: Date.now(), attributes }
  await postEvents(flags, [{ event: verified, environment: '' }])
}

const percent = (share: number): string => `${(share * PERCENT).toFixed(2)} %`

function print(flags: VerifyFlags, calibration: Calibration, burns: readonly Burn[]): void {
  const { bias, low, high, samples, tolerance, calibrated } = calibration
  if (flags.json === true)
    return console.log(
      JSON.stringify({
        instanceType: flags.instanceType,
        ...calibration,
        burns,
        recorded: flags.dryRun !== true,
      }),
    )
  console.log(
    `${flags.instanceType}: the meter is off by ${percent(bias)}, 95 % interval ${percent(low)} to ${percent(high)}, ${samples} burns`,
  )
  console.log(
    calibrated
      ? `within ${percent(tolerance)}: money of ${flags.instanceType} is calibrated`
      : `not within ${percent(tolerance)}: money of ${flags.instanceType} stays uncalibrated`,
  )
  if (flags.dryRun === true) console.log('nothing was recorded')
}
