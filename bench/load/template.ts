/** An encoded request that becomes a new one in place: other ids, other times, same size. */
import type { Marks } from './marks.ts'

export interface Template {
  readonly body: Buffer
  readonly marks: Marks
  /** What stood at each mark, as 32 bits. */
  readonly binaryBefore: Uint32Array
  readonly hexBefore: Uint32Array
  /** Nanoseconds of each time since `firstNs`. */
  readonly sinceFirstNs: Float64Array
}

export function createTemplate(body: Buffer, marks: Marks): Template {
  const times = marks.times.map((at) => body.readBigUInt64LE(at))
  const firstNs = times.reduce((least, time) => (time < least ? time : least), times[0] ?? 0n)
  return {
    body,
    marks,
    binaryBefore: Uint32Array.from(marks.binary, (at) => body.readUInt32LE(at)),
    hexBefore: Uint32Array.from(marks.hex, (at) => Number.parseInt(body.toString('latin1', at, at + 8), 16)),
    sinceFirstNs: Float64Array.from(times, (time) => Number(time - firstNs)),
  }
}

/**
 * Makes the body the request number `number`, from 0 to 2³² − 1, that starts at `startMs` of Unix time. What stood at a mark is
 * XORed with a number that no other request has, so equal ids stay equal inside a request and differ between requests.
 */
export function vary(template: Template, number: number, startMs: number): void {
  const mask = scramble(number)
  varyBinary(template, mask)
  varyHex(template, mask)
  varyTimes(template, startMs)
}

/** One to one on 32 bits (Murmur3's finaliser). */
export function scramble(number: number): number {
  let mixed = number >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function varyBinary({ body, marks: { binary }, binaryBefore }: Template, mask: number): void {
  for (let index = 0; index < binary.length; index += 1) {
    body.writeUInt32LE(((binaryBefore[index] ?? 0) ^ mask) >>> 0, binary[index])
  }
}

/** The two digits of each byte, as they lie in memory. */
const DIGITS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16LE(),
)

function varyHex({ body, marks: { hex }, hexBefore }: Template, mask: number): void {
  for (let index = 0; index < hex.length; index += 1) {
    const value = (hexBefore[index] ?? 0) ^ mask
    const at = hex[index] ?? 0
    const high = ((DIGITS[(value >>> 16) & 0xff] ?? 0) << 16) | (DIGITS[value >>> 24] ?? 0)
    const low = ((DIGITS[value & 0xff] ?? 0) << 16) | (DIGITS[(value >>> 8) & 0xff] ?? 0)
    body.writeUInt32LE(high >>> 0, at)
    body.writeUInt32LE(low >>> 0, at + 4)
  }
}

const UINT32 = 2 ** 32
const NS_PER_MS = 1_000_000n

/** In halves of 32 bits, since a BigInt for each time would cost more than all the rest. */
function varyTimes({ body, marks: { times }, sinceFirstNs }: Template, startMs: number): void {
  const startNs = BigInt(Math.round(startMs)) * NS_PER_MS
  const startHigh = Number(startNs >> 32n)
  const startLow = Number(startNs & 0xffffffffn)
  for (let index = 0; index < times.length; index += 1) {
    const at = times[index] ?? 0
    const low = startLow + (sinceFirstNs[index] ?? 0)
    const carry = Math.floor(low / UINT32)
    body.writeUInt32LE(low - carry * UINT32, at)
    body.writeUInt32LE(startHigh + carry, at + 4)
  }
}
