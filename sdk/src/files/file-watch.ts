import { attr, event, type values } from '@sandglass/schemas/semconv'
import type { ContainerLike } from '../container/container-like.ts'
import type { Scope } from '../context/scope.ts'
import type { Facts } from '../facts.ts'
import { emitEvent, type Instrument, type Where } from '../instrument.ts'
import { commonFacts } from '../lineage/running-tasks.ts'
import type { PolicyEngine } from '../policy/control.ts'
import { categoryOf } from './category.ts'
import { BASELINE_WAIT_MS_MAX, SCAN_WAIT_MS_MAX } from './limits.ts'
import { createWatchedDirectory, type HashedChange } from './watched-directory.ts'

/** A command that may change files, in the context it was called in. */
export interface FileSuspect {
  readonly scope: Scope | undefined
  /** What it was: command line, executable, operation. */
  readonly facts: Facts
  /** By what way it changes files; `exec` when absent. */
  readonly source?: FileSource | undefined
}

type FileSource = (typeof values)[typeof attr.fileSource][number]

/** The way that all of them share; where they differ, a command is meant. */
function sourceOf(suspects: readonly FileSuspect[]): FileSource {
  const [first = 'exec', ...others] = new Set(suspects.map(({ source }) => source ?? 'exec'))
  return others.length === 0 ? first : 'exec'
}

/** Finds what commands changed in some directories. */
export interface FileWatch {
  /** What a command must wait for before it starts; undefined when nothing. Bounded, and never rejects. */
  before(): Promise<void> | undefined
  begin(suspect: FileSuspect): void
  /** The command ended: looks for what it changed. */
  end(suspect: FileSuspect): void
  /** A change of this path was told already: the scan that this begins takes it as known. */
  told(path: string, isThere: boolean): void
  /** Whether there is a file at a path, as far as the last scan and what was told since say. */
  has(path: string): boolean | undefined
}

export function createFileWatch(
  ports: {
    readonly instrument: Instrument
    readonly container: ContainerLike
    readonly policy: PolicyEngine
    readonly where: () => Where
  },
  paths: readonly string[],
): FileWatch {
  const { instrument, policy } = ports
  const directories = paths.map((path) => createWatchedDirectory(ports.container, instrument.clock, path))
  const running = new Set<FileSuspect>()
  /** Ran at some time since the last scan began. */
  let seen = new Set<FileSuspect>()
  /** Paths whose next change was told already, and whether there is a file since. */
  let expected = new Map<string, boolean>()
  let hasBaseline = false
  let current: Promise<void> | undefined
  let next: Promise<void> | undefined

  async function scanAll(): Promise<void> {
    const suspects = [...seen]
    seen = new Set(running)
    const known = expected
    expected = new Map()
    for (const directory of directories) {
      const { changes, isComplete } = await directory.scan()
      for (const change of changes) if (!known.has(change.path)) tell(change, isComplete, suspects)
    }
    hasBaseline = true
  }

  async function scanSafely(): Promise<void> {
    try {
      await scanAll()
    } catch {
      // the container is gone, and with it what there was to see
    }
    current = undefined
  }

  function begin(): Promise<void> {
    next = undefined
    current = scanSafely()
    instrument.settling.track(current)
    return current
  }

  /** Whoever asks while a scan is under way shares the next one. */
  const request = (): Promise<void> => (current === undefined ? begin() : (next ??= current.then(begin)))

  function tell(change: HashedChange, isComplete: boolean, suspects: readonly FileSuspect[]): void {
    const [only] = suspects
    const suspect = suspects.length === 1 ? only : undefined
    const shared = commonFacts(suspects.map(({ scope }) => ({ id: '', facts: scope?.frame.facts ?? {} })))
    const report = (): void => {
      emitEvent(instrument, suspect?.scope, ports.where(), event.fileMutated, {
        ...(suspect === undefined ? shared : suspect.facts),
        ...changeFacts(change),
        [attr.fileSource]: sourceOf(suspects),
        [attr.fileAttribution]: suspect === undefined ? 'ambiguous' : 'window',
        [attr.fileScanComplete]: isComplete,
      })
      policy.decide({ kind: 'path', subject: change.path }, ports.where(), { after: true })
    }
    instrument.guard(() =>
      suspect?.scope === undefined ? report() : instrument.scopes.run(suspect.scope, report),
    )
  }

  return {
    before() {
      if (!hasBaseline) return bounded(instrument, current ?? begin(), BASELINE_WAIT_MS_MAX)
      const pending = next ?? current
      return pending && bounded(instrument, pending, SCAN_WAIT_MS_MAX)
    },
    begin(suspect) {
      running.add(suspect)
      seen.add(suspect)
    },
    has: (path) =>
      expected.get(path) ??
      directories.map((directory) => directory.has(path)).find((known) => known !== undefined),
    told(path, isThere) {
      expected.set(path, isThere)
      instrument.settling.track(request())
    },
    end(suspect) {
      running.delete(suspect)
      const scan = request()
      instrument.settling.track(scan)
      suspect.scope?.settling.track(scan)
    },
  }
}

function changeFacts(change: HashedChange): Facts {
  return {
    [attr.filePath]: change.path,
    [attr.filePathBefore]: change.pathBefore,
    [attr.fileOperation]: change.operation,
    [attr.fileSize]: change.after?.size,
    [attr.fileSha256Before]: change.sha256Before,
    [attr.fileSha256After]: change.sha256After,
    [attr.fileCategory]: categoryOf(change.path),
  }
}

async function bounded(instrument: Instrument, work: Promise<unknown>, msMax: number): Promise<void> {
  let cancel: (() => void) | undefined
  const timeout = new Promise<void>((resolve) => (cancel = instrument.clock.schedule(resolve, msMax)))
  await Promise.race([work, timeout])
  cancel?.()
}
