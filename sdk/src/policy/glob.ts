/** What a compiled glob is asked. */
export interface Glob {
  test(text: string): boolean
}

/** One step of a pattern: a character, or any run of them, which may be passed over. */
interface Step {
  readonly accepts: (char: string) => boolean
  readonly repeats: boolean
  /** Steps that may be passed over from here without a character. */
  readonly skips: readonly number[]
}

const any = (): boolean => true
const withinSegment = (char: string): boolean => char !== '/'
const literal = (wanted: string): Step => ({ accepts: (char) => char === wanted, repeats: false, skips: [] })

/** Nothing, or any run that ends in a slash. */
const directories: readonly Step[] = [
  { accepts: () => false, repeats: false, skips: [1, 3] },
  { accepts: any, repeats: true, skips: [1] },
  literal('/'),
]

/**
 * Compiles a glob: `*` any run but `/`, `**` any run, `?` one character. With `flat`, `/` is ordinary. Its time is that
 * of the text times that of the pattern, whatever they are: commands are written by whom the policy does not trust.
 */
export function compileGlob(pattern: string, flat: boolean): Glob {
  const within = flat ? any : withinSegment
  const steps = [...pattern.matchAll(/\*\*\/?|[*?]|[^*?]/gs)].flatMap(([part]): Step[] => {
    if (part === '*') return [{ accepts: within, repeats: true, skips: [1] }]
    if (part === '?') return [{ accepts: within, repeats: false, skips: [] }]
    if (part === '**/' && !flat) return [...directories]
    if (part.startsWith('**')) return [{ accepts: any, repeats: true, skips: [1] }]
    return [literal(part)]
  })
  return { test: (text) => matches(steps, text) }
}

function matches(steps: readonly Step[], text: string): boolean {
  let now = new Uint8Array(steps.length + 1)
  let next = new Uint8Array(steps.length + 1)
  now[0] = 1
  for (let at = 0; ; at++) {
    passOver(steps, now)
    if (at === text.length) return now[steps.length] === 1
    if (!advance(steps, now, next, text[at] ?? '')) return false
    ;[now, next] = [next, now]
  }
}

function passOver(steps: readonly Step[], states: Uint8Array): void {
  for (const [index, { skips }] of steps.entries())
    if (states[index] === 1) for (const skip of skips) states[index + skip] = 1
}

/** Whether any way goes on with this character. */
function advance(steps: readonly Step[], now: Uint8Array, next: Uint8Array, char: string): boolean {
  next.fill(0)
  let goesOn = false
  for (const [index, { accepts, repeats }] of steps.entries()) {
    if (now[index] !== 1 || !accepts(char)) continue
    next[repeats ? index : index + 1] = 1
    goesOn = true
  }
  return goesOn
}
