/** The data directory of the all-in-one: what lies where, the secrets it makes, and where it can be reached. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { OperationError } from '../errors.ts'

export const DATA_DIRECTORY_DEFAULT = '.sandglass'

const endpointsSchema = z.object({
  pid: z.int(),
  otlpUrl: z.string(),
  readUrl: z.string(),
  /** Opens all of the read port, where readers with tokens of their own are held to tenants. */
  readToken: z.string().optional(),
  writeUrl: z.string(),
  username: z.string(),
  password: z.string(),
  enforcerUrl: z.string().optional(),
  governorUrl: z.string().optional(),
})

/** Where a running stack is reached. Holds the write credential, so the file is 0600. */
export type Endpoints = z.infer<typeof endpointsSchema>

export interface DataDirectory {
  readonly root: string
  readonly clickhouse: string
  readonly log: string
  readonly config: (name: string) => string
}

/** Creates the directory if it is missing. Throws OperationError when it cannot be written. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const root = resolve(path)
  try {
    await mkdir(join(root, 'config'), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new OperationError(`data directory ${root} cannot be written: choose another with --data-dir`, {
      cause: error,
    })
  }
  return {
    root,
    clickhouse: join(root, 'clickhouse'),
    log: join(root, 'log'),
    config: (name) => join(root, 'config', `${name}.yaml`),
  }
}

/** A secret that is made once and kept in the directory, 0600. */
export async function ensureSecret(directory: DataDirectory, name: string): Promise<string> {
  const path = join(directory.root, `${name}.secret`)
  const secret = randomBytes(32).toString('base64url')
  try {
    await writeFile(path, secret, { flag: 'wx', mode: 0o600 })
    return secret
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    return readFile(path, 'utf8')
  }
}

export async function writeEndpoints(directory: DataDirectory, endpoints: Endpoints): Promise<void> {
  const path = join(directory.root, 'endpoints.json')
  await writeFile(`${path}.new`, `${JSON.stringify(endpoints, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** A stack that has ended is not reached anywhere. */
export async function removeEndpoints(directory: DataDirectory): Promise<void> {
  await rm(join(directory.root, 'endpoints.json'), { force: true })
}

/** Endpoints of the stack that runs on this directory; undefined when none runs. */
export async function readEndpoints(path: string): Promise<Endpoints | undefined> {
  try {
    return endpointsSchema.parse(JSON.parse(await readFile(join(resolve(path), 'endpoints.json'), 'utf8')))
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw new OperationError(`${join(path, 'endpoints.json')} is broken: delete it and run sandglass up`, {
      cause: error,
    })
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
