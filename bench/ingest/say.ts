/** What a benchmark prints: each run on stderr as it ends, the result as the last line of stdout. */

/** Figures have more digits than they mean. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1000) / 1000 : value

export type Say = (what: string, figures: unknown) => void

export const createSay =
  ({ json }: { readonly json: boolean }): Say =>
  (what, figures) => {
    if (!json) process.stderr.write(`${what} ${JSON.stringify(figures, rounded)}\n`)
  }

export const tellResult = (figures: object): void => {
  process.stdout.write(`${JSON.stringify(figures, rounded)}\n`)
}
