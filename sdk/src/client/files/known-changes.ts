import { ABSENCE_MS_MAX, PATHS_MAX, SAME_CHANGE_MS } from './limits.ts'
import type { WatchedChange } from './watch-changes.ts'

type Kind = 'written' | 'gone'

/** From when to when something was done to a path, milliseconds since the Unix epoch: a call takes its time. */
type Span = readonly [fromMs: number, toMs: number]

type KnownPath = Partial<Record<Kind, Span | undefined>>

/** What one client told of each path, so that a change seen twice is told once. Remembers {@link PATHS_MAX} paths. */
export interface KnownChanges {
  /**
   * The API was asked to change a path: what a watch tells of it meanwhile is that. Returns what is called when the
   * call settled, with the time when it succeeded.
   */
  begin(path: string, kind: Kind, fromMs: number): (doneAtMs?: number) => void
  /** Whether a change that a watch tells was told before; from now on it was. */
  seen(change: WatchedChange, atMs: number): boolean
  /** The API said whether there is a file. */
  found(path: string, isThere: boolean, atMs: number): void
  /** Whether it is known that nothing is there. */
  isAbsent(path: string, nowMs: number): boolean
  /** Something ran that may have made files anywhere. */
  forgetAbsent(): void
}

/** The API looks below here for a path that is not absolute. */
const HOME = '/workspace/'

const absolute = (path: string): string => (path.startsWith('/') ? path : HOME + path)

/** Keeps the newest {@link PATHS_MAX}. */
function keep<T>(map: Map<string, T>, path: string, value: T): void {
  map.delete(path)
  map.set(path, value)
  const [oldest = ''] = map.keys()
  if (map.size > PATHS_MAX) map.delete(oldest)
}

/** Whether what was done then is what is seen now: near in time, and not undone since. */
function isSame(then: Span | undefined, other: Span | undefined, atMs: number): boolean {
  if (then === undefined || atMs < then[0] - SAME_CHANGE_MS || atMs > then[1] + SAME_CHANGE_MS) return false
  return other === undefined || other[0] <= then[0] || other[0] > atMs
}

export function createKnownChanges(): KnownChanges {
  const paths = new Map<string, KnownPath>()
  /** When it was seen that there is none. */
  const absent = new Map<string, number>()

  function found(path: string, isThere: boolean, atMs: number): void {
    if (isThere) absent.delete(absolute(path))
    else keep(absent, absolute(path), atMs)
  }

  function at(path: string): KnownPath {
    const known = paths.get(absolute(path)) ?? {}
    keep(paths, absolute(path), known)
    return known
  }

  function see(path: string, kind: Kind, atMs: number): boolean {
    const known = at(path)
    const wasTold = isSame(known[kind], known[kind === 'gone' ? 'written' : 'gone'], atMs)
    if (!wasTold) known[kind] = [atMs, atMs]
    found(path, kind === 'written', atMs)
    return wasTold
  }

  return {
    found,
    begin(path, kind, fromMs) {
      const known = at(path)
      const pending: Span = [fromMs, Number.POSITIVE_INFINITY]
      known[kind] = pending
      return (doneAtMs) => {
        if (doneAtMs !== undefined) {
          known[kind] = [fromMs, doneAtMs]
          found(path, kind === 'written', doneAtMs)
        } else if (known[kind] === pending) known[kind] = undefined
      }
    },
    seen({ operation, path, pathBefore }, atMs) {
      const wasTold = see(path, operation === 'delete' ? 'gone' : 'written', atMs)
      return (pathBefore === undefined || see(pathBefore, 'gone', atMs)) && wasTold
    },
    isAbsent: (path, nowMs) => nowMs - (absent.get(absolute(path)) ?? Number.NaN) <= ABSENCE_MS_MAX,
    forgetAbsent: () => absent.clear(),
  }
}
