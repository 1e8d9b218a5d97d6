import { attr } from '@sandglass/schemas/semconv'
import type { FileOperation } from '../../files/changes.ts'
import { FILE_CHANGES, tellFileChange } from '../../files/tell-change.ts'
import { commonFacts } from '../../lineage/running-tasks.ts'
import type { Effect } from '../../operations/operation.ts'
import { read } from '../../operations/read.ts'
import type { Admitted, CallPorts } from '../../wrap/methods.ts'
import type { StreamReader } from '../call-stream.ts'
import type { KnownChanges } from './known-changes.ts'
import { readWatch } from './watch-changes.ts'

/** What recording a call of a 0.12 client takes. */
export interface ClientPorts extends CallPorts {
  readonly files: KnownChanges
}

/** Reads a watch stream beside its reader. By whom a change is, is known only as far as the tasks that run here agree. */
export function watchReader(ports: ClientPorts): StreamReader {
  const { instrument, policy, where, files } = ports
  return readWatch(({ path, operation, pathBefore, atMs }) => {
    if (files.seen({ path, operation, pathBefore, atMs }, atMs || instrument.clock.now())) return
    const tasks = instrument.running.list()
    tellFileChange(ports, undefined, operation, {
      ...commonFacts(tasks),
      [attr.filePath]: path,
      [attr.filePathBefore]: pathBefore,
      [attr.fileSource]: 'watch',
      [attr.fileAttribution]: tasks.length === 1 ? 'window' : 'ambiguous',
    })
    policy.decide({ kind: 'path', subject: path }, where(), { after: true })
  })
}

const pathOf = ({ facts }: Admitted): string => String(facts[attr.filePath] ?? '')

/** Tells a change of a file once it has happened. A write makes a file where just before none was seen. */
async function tellApiChange(
  ports: ClientPorts,
  change: FileOperation,
  call: Admitted,
  result: PromiseLike<unknown>,
): Promise<void> {
  const { files, instrument } = ports
  const scope = instrument.scopes.getStore()
  const now = instrument.clock.now()
  const path = pathOf(call)
  const before = call.facts[attr.filePathBefore]
  const operation = change === 'modify' && files.isAbsent(path, now) ? 'create' : change
  const settle = [files.begin(path, change === 'delete' ? 'gone' : 'written', now)]
  if (typeof before === 'string') settle.push(files.begin(before, 'gone', now))
  const end = (doneAtMs?: number): void => settle.forEach((one) => one(doneAtMs))
  try {
    await result
  } catch {
    return end()
  }
  end(instrument.clock.now())
  tellFileChange(ports, scope, operation, call.facts)
}

/** Whether there is a file, as the API answered. */
async function learn(ports: ClientPorts, call: Admitted, result: PromiseLike<unknown>): Promise<void> {
  const askedAtMs = ports.instrument.clock.now()
  try {
    const isThere = read(await result, 'exists')
    if (typeof isThere === 'boolean') ports.files.found(pathOf(call), isThere, askedAtMs)
  } catch {
    // a question without an answer teaches nothing
  }
}

/** Beside a call's span: what it says of files. */
export function followFile(
  ports: ClientPorts,
  effect: Effect,
  call: Admitted,
  result: PromiseLike<unknown>,
): void {
  const change = FILE_CHANGES[effect]
  const { settling } = ports.instrument
  if (change !== undefined) settling.track(tellApiChange(ports, change, call, result))
  if (effect === 'stat') settling.track(learn(ports, call, result))
}
