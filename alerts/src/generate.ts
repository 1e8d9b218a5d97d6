/** The files under generated/: what Grafana is provisioned with. */
import { renderProvisioning } from './render/provisioning.ts'
import { rules } from './rules/index.ts'

/** A file that is written from code, and compared with it byte for byte in a test. */
export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string
  readonly content: string
}

export function generatedFiles(): readonly GeneratedFile[] {
  return [{ path: 'alerts/generated/sandglass.yaml', content: renderProvisioning(rules) }]
}
