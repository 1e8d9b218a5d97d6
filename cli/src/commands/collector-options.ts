/** Flags shared by the commands that record an event. */
import { userInfo } from 'node:os'
import { Option, type Command } from 'commander'
import { DATA_DIRECTORY_DEFAULT } from '../stack/data-directory.ts'

export const withCollector = (command: Command): Command =>
  command
    .option('--data-dir <path>', 'data directory of the running stack', DATA_DIRECTORY_DEFAULT)
    .option('--otlp-url <url>', 'another collector')
    .addOption(new Option('--token <token>', 'bearer token of a tenant').env('SANDGLASS_TOKEN'))
    .option('--json', 'print one JSON line')

/** Who asks, why, and what authorises it. */
export const withAuthority = (command: Command): Command =>
  command
    .requiredOption('--ticket <id>', 'ticket that authorises it')
    .requiredOption('--reason <text>', 'why, in words')
    .option('--actor <id>', 'who asks', userInfo().username)
