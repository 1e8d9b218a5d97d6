/** Directories of tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const makeTestDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'sandglass-collector-'))

export const removeTestDirectory = (path: string): Promise<void> => rm(path, { recursive: true, force: true })
