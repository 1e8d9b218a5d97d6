/** Flags shared by every command that reads or writes ClickHouse. */
import { Option, type Command } from 'commander'
import { DATA_DIRECTORY_DEFAULT } from '../stack/data-directory.ts'

export const withConnection = (command: Command): Command =>
  command
    .option('--data-dir <path>', 'data directory of the running stack', DATA_DIRECTORY_DEFAULT)
    .option('--clickhouse-url <url>', 'a ClickHouse server instead of the running stack')
    .option('--username <name>', 'its user', 'default')
    .addOption(new Option('--password <text>', 'its password').env('SANDGLASS_CLICKHOUSE_PASSWORD'))
