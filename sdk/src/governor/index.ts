/** Worker side of enforcement: the governor's signed HTTP API, the verdicts of scopes, the gate of a sandbox. */
export { createGate, type Gate, type GateOptions } from './gate.ts'
export { openLeases, type Leases, type LeasesOptions } from './lease-client.ts'
export { SandglassLeases } from './lease-object.ts'
export { createGovernor, type Governor, type GovernorOptions } from './router.ts'
export { SandglassScope } from './scope-object.ts'
export { SandglassSuspendedError, type Refusal } from './suspended-error.ts'
export { tarBackup } from './tar-backup.ts'
export type { Admission, AdmissionRequest } from './admission.ts'
export type { GateCall } from './gate-call.ts'
export type {
  EmitEvent,
  EventAttributes,
  GateContainer,
  GateProcess,
  GateStorage,
  SandboxStub,
  ScopeNamespace,
  WorkspaceBackup,
} from './ports.ts'
export { GOVERNOR_PATH } from '@sandglass/schemas/governor'
