/** What the quick look must never overlook: whatever the rules would cut, at every alignment and end of a body. */
import { createRedactor } from '@sandglass/schemas/redaction'
import { bareNeedles } from '@sandglass/schemas/redaction/suspicion'
import { secretShapes } from '@sandglass/schemas/redaction/shapes'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteStream, WORD_SLACK } from './byte-stream.ts'
import { mayHoldSecret } from './secret-pairs.ts'
import { copyScanning } from './secret-scan.ts'

const redact = createRedactor()
const utf8 = new TextEncoder()

/** Copies a text that begins at `at` of a source which goes on for `behind` bytes. */
function scan(
  text: string,
  at: number,
  behind: number,
): { readonly copy: string; readonly suspected: boolean } {
  const encoded = utf8.encode(text)
  const bytes = new Uint8Array(at + encoded.length + behind).fill(0x3d)
  bytes.set(encoded, at)
  const target = new Uint8Array(encoded.length + WORD_SLACK)
  const view = new DataView(target.buffer)
  const flags = copyScanning(view, 0, new ByteStream(bytes, bytes.length), at, encoded.length)
  const copy = new TextDecoder().decode(target.subarray(0, encoded.length))
  return { copy, suspected: mayHoldSecret(flags, encoded.length) }
}

const sampleOf = (alphabet: string): string => (alphabet.startsWith('A-Z') ? 'Q' : 'b')

const shortest = secretShapes.flatMap(({ prefixes, alphabet, min }) =>
  prefixes.map((prefix) => [prefix, prefix + sampleOf(alphabet).repeat(min)] as const),
)

describe('the shortest secret of every shape', () => {
  test.each(shortest)('%s is suspected at every alignment', (_, secret) => {
    expect(redact(secret)).not.toBe(secret)
    for (let before = 0; before < 9; before += 1) {
      for (const behind of [0, 1, 7, 8, 40]) {
        expect(scan('/'.repeat(before) + secret, before % 3, behind).suspected).toBe(true)
      }
    }
  })
})

const surroundings = fc.string({ unit: 'binary', maxLength: 12 })
const needle = fc.constantFrom(
  ...bareNeedles.map((bare) => bare.needle),
  'token=',
  'Bearer ',
  '://a:',
  'pwd:',
)
const random = fc.stringMatching(/^[A-Za-z0-9]{0,50}$/)

test('whatever the rules cut is suspected, and everything is copied as it is', () => {
  const text = fc.tuple(surroundings, needle, random, surroundings).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, fc.nat(3), fc.nat(12), (sent, at, behind) => {
      const { copy, suspected } = scan(sent, at, behind)
      expect(copy).toBe(new TextDecoder().decode(utf8.encode(sent)))
      expect(suspected || redact(sent) === sent).toBe(true)
    }),
    { numRuns: 5_000 },
  )
})

test('what stands behind a text in the body is no part of it', () => {
  for (let length = 0; length < 40; length += 1) {
    // Equals signs follow, which would be suspected.
    for (const behind of [0, 3, 8, 20]) expect(scan('o'.repeat(length), 1, behind).suspected).toBe(false)
  }
})

test('ids and words are not suspected: nearly all text is spared the slow look', () => {
  const innocent = [
    'task_d9202a78',
    'call_6738f80f8a',
    'u_dd6c',
    'prm_dac0a903',
    'gemini-3-pro',
    'execute_tool',
  ]
  for (const text of innocent) expect(scan(text, 0, 8).suspected).toBe(false)
})
