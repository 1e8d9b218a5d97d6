/** Damages bodies the way links, disks and enemies do. */
import type { Below } from './scramble-wire.ts'

const TELLING_BYTES = [0x00, 0x01, 0x0a, 0x12, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x7f, 0x80, 0xff]
const MUTATIONS_MAX = 4

type Mutation = (body: Buffer, below: Below, other: Uint8Array) => Buffer

const mutations: readonly Mutation[] = [
  (body, below) => replace(body, below(body.length), 1, [(body[0] ?? 0) ^ (1 << below(8))]),
  (body, below) => replace(body, below(body.length), 1, [telling(below)]),
  (body, below) => replace(body, below(body.length), 0, [telling(below)]),
  (body, below) => replace(body, below(body.length), 1 + below(8), []),
  (body, below) => body.subarray(0, below(body.length)),
  (body, below) => replace(body, below(body.length), 0, body.subarray(...range(body, below))),
  (body, below, other) =>
    replace(body, below(body.length), below(20), other.subarray(...range(other, below))),
  // Lengths and numbers as large as they come.
  (body, below) => replace(body, below(body.length), 1, [...Array(1 + below(10)).fill(0xff), 0x7f]),
]

export function mutate(body: Uint8Array, other: Uint8Array, below: Below): Uint8Array {
  let mutated: Buffer = Buffer.from(body)
  for (let left = 1 + below(MUTATIONS_MAX); left > 0 && mutated.length > 0; left--) {
    mutated = mutations[below(mutations.length)]?.(mutated, below, other) ?? mutated
  }
  return mutated
}

function replace(body: Buffer, at: number, length: number, by: Iterable<number>): Buffer {
  return Buffer.concat([body.subarray(0, at), Uint8Array.from(by), body.subarray(at + length)])
}

function range(body: Uint8Array, below: Below): [from: number, to: number] {
  const from = below(body.length + 1)
  return [from, from + below(64)]
}

function telling(below: Below): number {
  return TELLING_BYTES[below(TELLING_BYTES.length)] ?? 0
}
