import type { KeptEvent, KeptRequest } from './outbox-store.ts'
import { read } from '../operations/read.ts'

/** What an outbox wrote, as it comes back from storage or a queue. */
export const isKeptEvent = (value: unknown): value is KeptEvent =>
  typeof read(value, 'name') === 'string' &&
  Array.isArray(read(value, 'time')) &&
  typeof read(value, 'facts') === 'object' &&
  typeof read(value, 'sandboxId') === 'string'

export const isKeptRequest = (value: unknown): value is KeptRequest =>
  typeof read(value, 'contentType') === 'string' &&
  read(value, 'body') instanceof Uint8Array &&
  typeof read(value, 'records') === 'number'
