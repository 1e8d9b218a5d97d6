/**
 * The collector's data directory.
 *
 *   identity.json    who this collector is, and the secret of its resend keys
 *   log-<n>/         the write-ahead log of worker n
 *   quarantine/      rows that ClickHouse refuses
 */
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf } from '../errors.ts'
import { SECRET_BYTES } from '../resend/fingerprint.ts'
import type { Disk } from './disk.ts'

export interface DataDirectory {
  readonly path: string
  /** Identity of the collector's watermarks; born with the directory. */
  readonly collectorId: string
  readonly resendSecret: Buffer
  readonly quarantine: string
  logOf(worker: number): string
}

const identitySchema = z.object({ collectorId: z.uuid(), resendSecret: z.base64() })

export interface RandomSource {
  readonly newId: () => string
  readonly randomBytes: (count: number) => Buffer
}

/** Creates the directory where it is missing. Throws when it cannot be written, with the path and what to do. */
export async function openDataDirectory(
  disk: Disk,
  path: string,
  random: RandomSource,
): Promise<DataDirectory> {
  const quarantine = join(path, 'quarantine')
  try {
    await disk.makeDirectory(quarantine)
    const { collectorId, resendSecret } = await readOrCreateIdentity(disk, path, random)
    return {
      path,
      collectorId,
      resendSecret: Buffer.from(resendSecret, 'base64'),
      quarantine,
      logOf: (worker) => join(path, `log-${worker}`),
    }
  } catch (error) {
    throw new Error(
      `${path}: the data directory cannot be used (${codeOf(error)}); check dataDir and its owner`,
      {
        cause: error,
      },
    )
  }
}

async function readOrCreateIdentity(
  disk: Disk,
  path: string,
  random: RandomSource,
): Promise<z.infer<typeof identitySchema>> {
  const file = join(path, 'identity.json')
  try {
    return identitySchema.parse(JSON.parse((await disk.read(file)).toString('utf8')))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    const resendSecret = random.randomBytes(SECRET_BYTES).toString('base64')
    const identity = { collectorId: random.newId(), resendSecret }
    await disk.replace(file, JSON.stringify(identity))
    return identity
  }
}
