/** Flags of the commands that start the all-in-one. */
import { InvalidArgumentError, type Command } from 'commander'
import { DATA_DIRECTORY_DEFAULT } from '../stack/data-directory.ts'

export const OTLP_PORT_DEFAULT = 4318
export const CLICKHOUSE_PORT_DEFAULT = 8123

export interface StackFlags {
  readonly dataDir: string
  readonly otlpPort: number
  readonly clickhousePort: number
  readonly budgets?: string
  readonly verbose?: boolean
}

export const withStack = (command: Command): Command =>
  command
    .option('--data-dir <path>', 'where everything is kept', DATA_DIRECTORY_DEFAULT)
    .option('--otlp-port <port>', 'port for OTLP/HTTP; 0 chooses a free one', parsePort, OTLP_PORT_DEFAULT)
    .option(
      '--clickhouse-port <port>',
      'port for read-only ClickHouse HTTP',
      parsePort,
      CLICKHOUSE_PORT_DEFAULT,
    )
    .option('--budgets <file>', 'budgets for the enforcer (YAML)')
    .option('--verbose', 'print the log of every part too')

const PORT_MAX = 65_535

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw new InvalidArgumentError(`a port is a whole number from 0 to ${PORT_MAX}`)
  }
  return port
}
