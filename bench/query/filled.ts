/** What a filled data folder says of itself, so that it can be asked again without loading. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const filledSchema = z.object({
  /** Unix time in ms at which the history ends. */
  endMs: z.number(),
  spans: z.number(),
  /** Time that the load took. */
  seconds: z.number(),
  storage: z.object({
    bytesPerSpan: z.number(),
    sampleBytesPerSpan: z.number(),
    defaultSchemaBytesPerSpan: z.number(),
  }),
})

export type Filled = z.infer<typeof filledSchema>

const FILE = 'bench-query.json'

export async function readFilled(dataDir: string): Promise<Filled> {
  return filledSchema.parse(JSON.parse(await readFile(join(dataDir, FILE), 'utf8')))
}

export async function writeFilled(dataDir: string, filled: Filled): Promise<void> {
  await writeFile(join(dataDir, FILE), JSON.stringify(filled))
}
