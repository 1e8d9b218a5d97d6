/** What the governor asks of the Durable Object that owns a sandbox. Plain data: it crosses an RPC boundary. */
import type { ResumeRequest, SuspendRequest } from '@sandglass/schemas/governor'

/** A command for a gate. */
export type GateCall =
  | { readonly operation: 'suspend'; readonly request: SuspendRequest }
  | { readonly operation: 'resume'; readonly request: ResumeRequest }
  | { readonly operation: 'state' }
