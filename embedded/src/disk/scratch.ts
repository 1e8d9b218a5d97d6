import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Directory of request bodies and results on their way through; empty between two engine processes. */
export interface Scratch {
  /** A path no other request uses; nothing exists there yet. */
  newPath(): string
}

/** Removes what an engine process that was killed left behind. */
export async function openScratch(directory: string): Promise<Scratch> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return { newPath: () => join(directory, randomUUID()) }
}
