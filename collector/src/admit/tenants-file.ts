/** Reads the tenants file, and again whenever it changes, so that tokens rotate without a restart. */
import { readFile } from 'node:fs/promises'
import { parseConfig } from '@sandglass/schemas/config'
import { tenantsFileSchema } from '@sandglass/schemas/config/collector'
import { messageOf } from '../errors.ts'
import { startLoop, type Loop } from '../loop.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { TenantDirectory } from './tenants.ts'

const CHECK_INTERVAL_MS = 1_000

/** Throws ConfigError when the file cannot be used at the start; later the tenants read before stay valid. */
export async function loadTenants(
  path: string,
  tenants: TenantDirectory,
  telemetry: Telemetry,
): Promise<Loop> {
  const first = await readFile(path, 'utf8')
  take(path, first, tenants, telemetry)
  let seen = first
  const check = async (): Promise<void> => {
    const text = await readFile(path, 'utf8')
    if (text === seen) return
    seen = text
    take(path, text, tenants, telemetry)
  }
  return startLoop(CHECK_INTERVAL_MS, check, (error) =>
    telemetry.emit('tenantsRefused', { file: path, error: messageOf(error) }),
  )
}

function take(path: string, text: string, tenants: TenantDirectory, telemetry: Telemetry): void {
  const file = parseConfig(tenantsFileSchema, text, process.env, path)
  tenants.replace(file)
  telemetry.emit('tenantsLoaded', { tenants: file.tenants.length, file: path })
}
