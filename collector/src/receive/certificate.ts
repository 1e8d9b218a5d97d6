/** The certificate of the server, read again when it changes, so that it is renewed without a restart. */
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { messageOf } from '../errors.ts'
import { startLoop, type Loop } from '../loop.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

type TlsFiles = NonNullable<CollectorConfig['listen']['tls']>

export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

const CHECK_INTERVAL_MS = 1_000

/** Throws when a file cannot be read or the two do not belong together. */
export function readCertificate({ certFile, keyFile }: TlsFiles): Certificate {
  const certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  createSecureContext(certificate)
  return certificate
}

/** A renewal writes two files: while they do not belong together, the certificate read before stays in use. */
export function watchCertificate(
  files: TlsFiles,
  take: (certificate: Certificate) => void,
  telemetry: Telemetry,
): Loop {
  let current = readCertificate(files)
  const check = async (): Promise<void> => {
    const found = readCertificate(files)
    if (found.cert.equals(current.cert) && found.key.equals(current.key)) return
    take(found)
    current = found
    telemetry.emit('tlsReloaded', { file: files.certFile })
  }
  return startLoop(CHECK_INTERVAL_MS, check, (error) =>
    telemetry.emit('tlsRefused', { file: files.certFile, error: messageOf(error) }),
  )
}
