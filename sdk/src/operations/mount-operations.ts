import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { OperationTable } from './operation.ts'
import { read, readText } from './read.ts'

/** Every method of `S3Mount` in the 1.x API. */
export type MountMethod = 'mount' | 'unmount' | 'intercept'

function hostOf(endpoint: string | undefined): string | undefined {
  return endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).host : undefined
}

/** A mount by its path, or by the options it was made with. */
const pathOf = (mount: unknown): Facts => ({
  [attr.filePath]: typeof mount === 'string' ? mount : readText(mount, 'mountPath'),
})

const subjectOf = (facts: Facts) => ({
  kind: 'path' as const,
  subject: String(facts[attr.filePath] ?? ''),
})

export const mountOperations: OperationTable<MountMethod> = {
  mount: {
    name: 'mount.create',
    answer: 'promise',
    gated: true,
    effect: 'mount',
    facts: ([options]) => ({
      ...pathOf(options),
      [attr.serverAddress]: hostOf(readText(read(options, 'source'), 'endpoint')),
    }),
    subject: subjectOf,
  },
  unmount: {
    name: 'mount.remove',
    answer: 'promise',
    gated: true,
    facts: ([mount]) => pathOf(mount),
    subject: subjectOf,
  },
  intercept: {
    name: 'egress.intercept',
    answer: 'promise',
    gated: false,
  },
}

/** Strings among the credentials of a mount: they must never leave. */
export function mountSecrets(options: unknown): readonly string[] {
  const credentials = read(read(options, 'source'), 'credentials')
  return ['secretAccessKey', 'sessionToken'].flatMap((name) => readText(credentials, name) ?? [])
}
