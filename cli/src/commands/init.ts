import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Command, Option } from 'commander'
import pc from 'picocolors'
import { UsageError } from '../errors.ts'
import { LEVELS, levelFacts, type Level } from '../init/levels.ts'
import { planInit, type FileChange } from '../init/plan.ts'
import { unifiedDiff } from '../init/unified-diff.ts'

interface InitFlags {
  readonly level: Level
  readonly endpoint: string
  readonly directory: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** Range of SDK versions that the written code is for. */
const SDK_RANGE = '^0.1.0'

export function initCommand(): Command {
  return new Command('init')
    .description('add Sandglass to an existing Worker project: shows the changes, then makes them')
    .addOption(
      new Option(
        '--level <level>',
        'how far to go: L0 config alone, L1 the client wrapped, L2 tasks and prompts',
      )
        .choices(LEVELS)
        .default('L1'),
    )
    .option('--endpoint <url>', 'base URL of your collector', 'http://127.0.0.1:4318')
    .option('--directory <path>', 'the project', '.')
    .option('--dry-run', 'show the changes and make none')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON object instead of a diff; asks nothing, so give --yes or --dry-run')
    .action(runInit)
}

async function runInit(flags: InitFlags): Promise<void> {
  const { directory, level, endpoint } = flags
  if (!URL.canParse(endpoint)) throw new UsageError(`--endpoint ${endpoint} is not a URL`)
  const changes = planInit({ directory, level, endpoint, sdk: SDK_RANGE })
  if (flags.json !== true) for (const change of changes) printDiff(change)
  const isAgreed = flags.dryRun !== true && (flags.yes === true || (await agree(flags, changes.length)))
  if (isAgreed) for (const change of changes) write(directory, change)
  if (flags.json === true) printJson(level, changes, isAgreed)
  else printFacts(level, isAgreed)
}

function printDiff({ path, before, after }: FileChange): void {
  for (const line of unifiedDiff(path, before, after).split('\n')) {
    if (line.startsWith('+')) console.log(pc.green(line))
    else console.log(line.startsWith('-') ? pc.red(line) : line)
  }
  console.log()
}

/** Without a terminal nobody can agree. */
async function agree({ json }: InitFlags, count: number): Promise<boolean> {
  if (json === true || !process.stdin.isTTY)
    throw new UsageError('nobody is here to ask: give --yes to change the files, or --dry-run')
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await prompt.question(`Change these ${count} files? [y/N] `)
  prompt.close()
  return /^y(es)?$/i.test(answer.trim())
}

function write(directory: string, { path, after }: FileChange): void {
  const target = join(directory, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, after)
}

function printJson(level: Level, changes: readonly FileChange[], isWritten: boolean): void {
  const files = changes.map(({ path, before }) => ({ path, created: before === undefined }))
  console.log(JSON.stringify({ level, written: isWritten, files, next: levelFacts[level].next }))
}

function printFacts(level: Level, isWritten: boolean): void {
  const { title, needs, leaves, answers, next } = levelFacts[level]
  console.log(`${level}: ${title}${isWritten ? '' : ' (nothing was changed)'}`)
  console.log(`  needs    ${needs.join(', ')}`)
  console.log(`  leaves   ${leaves}`)
  console.log(`  answers  ${answers}`)
  if (isWritten) console.log(`then:\n${next.map((step, index) => `  ${index + 1}. ${step}`).join('\n')}`)
}
