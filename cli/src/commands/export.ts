import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { focusQuery } from '@sandglass/schemas/charges-focus'
import { Command, Option } from 'commander'
import { connectReader, type ConnectionFlags } from '../clickhouse.ts'
import { OperationError } from '../errors.ts'
import { withConnection } from './connection-options.ts'
import { parseInstant } from './params.ts'

interface FocusFlags extends ConnectionFlags {
  readonly from: string
  readonly to: string
  readonly tenant: string
  readonly account?: string
  readonly format: 'csv' | 'parquet'
  readonly out?: string
}

const clickhouseFormats = { csv: 'CSVWithNames', parquet: 'Parquet' } as const

export function exportCommand(): Command {
  const root = new Command('export').description('write spend for other tools')
  const focus = root
    .command('focus')
    .description('FOCUS 1.2, one row per sandbox, SKU and hour; an estimate at list prices, not a bill')
    .requiredOption('--from <instant>', 'start, ISO 8601, inclusive; whole hours')
    .requiredOption('--to <instant>', 'end, ISO 8601, exclusive')
    .option('--tenant <id>', 'tenant whose spend is written', 'default')
    .option('--account <id>', 'billing account id; default: the tenant')
    .addOption(
      new Option('--format <format>', 'format of the file').choices(['csv', 'parquet']).default('csv'),
    )
    .option('--out <file>', 'file to write; default: standard output')
  withConnection(focus).action(writeFocus)
  return root
}

async function writeFocus(flags: FocusFlags): Promise<void> {
  const { query, params } = focusQuery({
    tenant: flags.tenant,
    fromMs: parseInstant('--from', flags.from),
    toMs: parseInstant('--to', flags.to),
    ...(flags.account === undefined ? {} : { accountId: flags.account }),
  })
  const reader = await connectReader(flags)
  try {
    const { stream } = await reader.exec({
      query: `${query}\nFORMAT ${clickhouseFormats[flags.format]}`,
      query_params: params,
    })
    if (flags.out === undefined) await pipeline(stream, process.stdout, { end: false })
    else await pipeline(stream, createWriteStream(flags.out))
  } catch (error) {
    throw new OperationError(`export failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  } finally {
    await reader.close()
  }
}
