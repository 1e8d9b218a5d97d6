import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { focusQuery } from '@sandglass/schemas/charges/focus'
import { Command, Option } from 'commander'
import { connectReader, type ConnectionFlags } from '../clickhouse.ts'
import { OperationError, UsageError } from '../errors.ts'
import { parseMonth } from '../ledger/close-month.ts'
import { withConnection } from './connection-options.ts'
import { parseInstant } from './params.ts'

interface FocusFlags extends ConnectionFlags {
  readonly from?: string
  readonly to?: string
  readonly month?: string
  readonly json?: boolean
  readonly tenant: string
  readonly account?: string
  readonly format: 'csv' | 'parquet'
  readonly out?: string
}

/** FOCUS writes times as ISO 8601 in UTC and leaves out what is null. */
const FOCUS_TEXT = { date_time_output_format: 'iso', format_csv_null_representation: '' } as const

const clickhouseFormats = { csv: 'CSVWithNames', parquet: 'Parquet' } as const

export function exportCommand(): Command {
  const root = new Command('export').description('write spend for other tools')
  const focus = root
    .command('focus')
    .description('FOCUS 1.2, one row per sandbox, SKU and hour; an estimate at list prices, not a bill')
    .option('--from <instant>', 'start, ISO 8601, inclusive; whole hours')
    .option('--to <instant>', 'end, ISO 8601, exclusive')
    .addOption(new Option('--month <month>', 'a billing period instead: 2026-10').conflicts(['from', 'to']))
    .option('--tenant <id>', 'tenant whose spend is written', 'default')
    .option('--account <id>', 'billing account id; default: the tenant')
    .addOption(
      new Option('--format <format>', 'format of the file').choices(['csv', 'parquet']).default('csv'),
    )
    .option('--out <file>', 'file to write; default: standard output')
    .option('--json', 'with --out: print one JSON line about the file')
    .addHelpText('after', AFTER_HELP)
  withConnection(focus).action(writeFocus)
  return root
}

const AFTER_HELP = `
ListCost sums to the spend rollups to the last digit. BilledCost is 0: nothing here was invoiced, it is an estimate at list prices.
A closed month (sandglass close) exports the same rows for ever; what came for it later is in a later one, as a Correction.
`

function windowOf({ from, to, month }: FocusFlags): { readonly fromMs: number; readonly toMs: number } {
  if (month !== undefined) {
    const { startMs, endMs } = parseMonth(month)
    return { fromMs: startMs, toMs: endMs }
  }
  if (from === undefined || to === undefined)
    throw new UsageError('say which period: --month 2026-10, or --from and --to')
  const [fromMs, toMs] = [parseInstant('--from', from), parseInstant('--to', to)]
  if (fromMs >= toMs) throw new UsageError(`--from ${from} is not before --to ${to}`)
  return { fromMs, toMs }
}

async function writeFocus(flags: FocusFlags): Promise<void> {
  if (flags.json === true && flags.out === undefined) throw new UsageError('--json goes with --out <file>')
  const { query, params } = focusQuery({
    tenant: flags.tenant,
    ...windowOf(flags),
    ...(flags.account === undefined ? {} : { accountId: flags.account }),
  })
  const reader = await connectReader(flags)
  try {
    const { stream } = await reader.exec({
      query: `${query}\nFORMAT ${clickhouseFormats[flags.format]}`,
      query_params: params,
      clickhouse_settings: FOCUS_TEXT,
    })
    if (flags.out === undefined) await pipeline(stream, process.stdout, { end: false })
    else await pipeline(stream, createWriteStream(flags.out))
    if (flags.out !== undefined && flags.json === true) await printFile(flags.out, flags.format)
  } catch (error) {
    throw new OperationError(`export failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  } finally {
    await reader.close()
  }
}

async function printFile(file: string, format: FocusFlags['format']): Promise<void> {
  const { size } = await stat(file)
  console.log(JSON.stringify({ file, format, bytes: size }))
}
