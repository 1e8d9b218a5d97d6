import { endOverride, enforcerPause } from '@sandglass/enforcer'
import { attr } from '@sandglass/schemas/semconv'
import { Command } from 'commander'
import { parseTtl, recordEvent, type CollectorFlags } from '../enforcement.ts'
import { withAuthority, withCollector } from './collector-options.ts'

interface PauseFlags extends CollectorFlags {
  readonly ticket: string
  readonly reason: string
  readonly actor: string
  readonly ttl: string
  readonly json?: boolean
}

export function enforcerCommand(): Command {
  const enforcer = new Command('enforcer').description('the brakes: stop new actions everywhere, and go on')
  const pause = enforcer
    .command('pause')
    .description('stop new actions of every enforcer of the tenant; ends by itself')
    .requiredOption('--ttl <duration>', 'for how long: 30m, 4h')
  withAuthority(withCollector(pause)).action(runPause)
  const unpause = enforcer.command('unpause').description('end a pause now').argument('<pause>', 'its id')
  withAuthority(withCollector(unpause)).action(runUnpause)
  return enforcer
}

async function runPause(flags: PauseFlags): Promise<void> {
  const { actor, reason, ticket } = flags
  const expiresAtMs = Date.now() + parseTtl(flags.ttl)
  const { attributes } = await recordEvent(flags, (nowMs) =>
    enforcerPause({ actor, reason, ticket, expiresAtMs }, nowMs),
  )
  const id = String(attributes[attr.overrideId])
  const until = new Date(expiresAtMs).toISOString()
  console.log(
    flags.json === true
      ? JSON.stringify({ pause: id, until })
      : `enforcers pause until ${until}: recorded as ${id}. End it with: sandglass enforcer unpause ${id} --ticket … --reason …`,
  )
}

async function runUnpause(id: string, flags: Omit<PauseFlags, 'ttl'>): Promise<void> {
  const { actor, reason, ticket } = flags
  await recordEvent(flags, (nowMs) => endOverride({ id, actor, reason, ticket }, nowMs))
  console.log(
    flags.json === true ? JSON.stringify({ pause: id, ended: true }) : `pause ${id} ended: recorded`,
  )
}
