/**
 * The side file of a segment: one record per commit, and one more when the segment is sealed.
 *
 *   record  = length u32 · CRC-32 of the payload u32 · payload
 *   payload = kind u8 · (a commit:) offset f64 · length u32 · rows u32 · checksum of the block u32 · committedAtMs f64
 *             · tenants u16 · each: length u8, UTF-8 · keys u32 · each 16 bytes
 *
 * Little endian. Offsets and times are doubles: exact below 2^53.
 */
import { crc32 } from 'node:zlib'
import type { ChecksumKind } from './block-checksum.ts'

/** Bytes of a resend key. */
export const KEY_BYTES = 16

/** One commit: a Native block in the data file and whose requests it holds. */
export interface Commitment {
  /** Where the block starts in the data file, bytes. */
  readonly offset: number
  /** Size of the block, bytes. */
  readonly length: number
  readonly rows: number
  readonly checksumKind: ChecksumKind
  /** Of the block, 32 bits. */
  readonly checksum: number
  /** Unix time before which none of these requests was acknowledged, ms. */
  readonly committedAtMs: number
  readonly tenants: readonly string[]
  /** Resend keys of the requests, `KEY_BYTES` each. */
  readonly keys: readonly Uint8Array[]
}

/** A commitment as it was found in a side file. */
export interface CommitRecord extends Commitment {
  /** Where the record starts in the side file, bytes. */
  readonly recordStart: number
}

export interface SideFile {
  readonly commits: readonly CommitRecord[]
  /** Size of the readable part, bytes; what follows was torn. */
  readonly bytes: number
  /** A sealed segment was synced whole: its blocks need no check before they count. */
  readonly sealed: boolean
}

const KIND_SEALED = 2
/** Kinds of commits, by the checksum of their block. */
const COMMIT_KINDS: Readonly<Record<ChecksumKind, number>> = { crc32: 1, gmac: 3 }
const CHECKSUM_KINDS: ReadonlyMap<number, ChecksumKind> = new Map([
  [COMMIT_KINDS.crc32, 'crc32'],
  [COMMIT_KINDS.gmac, 'gmac'],
])
const FRAME_BYTES = 8
const COMMIT_FIXED_BYTES = 1 + 8 + 4 + 4 + 4 + 8 + 2 + 4
const TENANT_BYTES_MAX = 255

export function encodeCommit(record: Commitment): Buffer {
  const tenants = record.tenants.map((tenant) => Buffer.from(tenant, 'utf8'))
  const tenantBytes = tenants.reduce((sum, tenant) => sum + 1 + tenant.length, 0)
  const payloadBytes = COMMIT_FIXED_BYTES + tenantBytes + record.keys.length * KEY_BYTES
  const out = Buffer.allocUnsafe(FRAME_BYTES + payloadBytes)
  let at = out.writeUInt8(COMMIT_KINDS[record.checksumKind], FRAME_BYTES)
  at = out.writeDoubleLE(record.offset, at)
  at = out.writeUInt32LE(record.length, at)
  at = out.writeUInt32LE(record.rows, at)
  at = out.writeUInt32LE(record.checksum, at)
  at = out.writeDoubleLE(record.committedAtMs, at)
  at = encodeTenants(out, at, tenants)
  at = out.writeUInt32LE(record.keys.length, at)
  for (const key of record.keys) {
    out.set(key, at)
    at += KEY_BYTES
  }
  return frame(out)
}

function encodeTenants(out: Buffer, start: number, tenants: readonly Buffer[]): number {
  let at = out.writeUInt16LE(tenants.length, start)
  for (const tenant of tenants) {
    if (tenant.length > TENANT_BYTES_MAX) throw new RangeError(`tenant id of ${tenant.length} bytes`)
    at = out.writeUInt8(tenant.length, at)
    at += tenant.copy(out, at)
  }
  return at
}

/** The record that closes a segment. */
export function encodeSeal(): Buffer {
  const out = Buffer.allocUnsafe(FRAME_BYTES + 1)
  out.writeUInt8(KIND_SEALED, FRAME_BYTES)
  return frame(out)
}

function frame(out: Buffer): Buffer {
  out.writeUInt32LE(out.length - FRAME_BYTES, 0)
  out.writeUInt32LE(crc32(out.subarray(FRAME_BYTES)), 4)
  return out
}

/** Reads records until the first that is torn or broken. Never throws: what a crash left is not an error. */
export function decodeSideFile(bytes: Buffer): SideFile {
  const commits: CommitRecord[] = []
  let at = 0
  let sealed = false
  for (let payload = payloadAt(bytes, at); payload !== undefined; payload = payloadAt(bytes, at)) {
    const checksumKind = CHECKSUM_KINDS.get(payload[0] ?? 0)
    if (payload[0] === KIND_SEALED) sealed = true
    else if (checksumKind !== undefined) commits.push(decodeCommit(payload, at, checksumKind))
    else break
    at += FRAME_BYTES + payload.length
  }
  return { commits, bytes: at, sealed }
}

function payloadAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + FRAME_BYTES >= bytes.length) return undefined
  const end = at + FRAME_BYTES + bytes.readUInt32LE(at)
  if (end > bytes.length) return undefined
  const payload = bytes.subarray(at + FRAME_BYTES, end)
  return crc32(payload) === bytes.readUInt32LE(at + 4) ? payload : undefined
}

/** The payload's checksum held, so its lengths are those that were written. */
function decodeCommit(payload: Buffer, recordStart: number, checksumKind: ChecksumKind): CommitRecord {
  const tenants: string[] = []
  let at = 31
  for (let left = payload.readUInt16LE(29); left > 0; left -= 1) {
    const length = payload.readUInt8(at)
    tenants.push(payload.toString('utf8', at + 1, at + 1 + length))
    at += 1 + length
  }
  const count = payload.readUInt32LE(at)
  const keys = Array.from({ length: count }, (_, i) =>
    payload.subarray(at + 4 + i * KEY_BYTES, at + 4 + (i + 1) * KEY_BYTES),
  )
  return {
    recordStart,
    offset: payload.readDoubleLE(1),
    length: payload.readUInt32LE(9),
    rows: payload.readUInt32LE(13),
    checksumKind,
    checksum: payload.readUInt32LE(17),
    committedAtMs: payload.readDoubleLE(21),
    tenants,
    keys,
  }
}
