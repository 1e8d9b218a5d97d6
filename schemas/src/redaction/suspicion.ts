/**
 * A quick look that finds nearly all text free of secrets. Every rule needs one of a few words, its needles; an automaton
 * (Aho and Corasick's) finds all of them in one pass. It may suspect wrongly, but whatever a rule cuts is suspected.
 * The collector runs the same automaton over the bytes of UTF-8: needles are ASCII.
 */
import { nameNeedles, nameSeparators } from './names.ts'
import { KEY_BLOCK_START, secretShapes } from './shapes.ts'
import { commandNeedles } from './urls.ts'

/** Suspicious by itself. */
const FOUND = 1
/** Suspicious together: the credentials of a URL stand between them. */
const SCHEME = 2
const AT = 4
/** Suspicious where a separator stands between it and a value. */
const NAME = 8

const prefixes = secretShapes.flatMap((shape) => shape.prefixes)

/** Text without any of these holds a secret only if it holds a secret behind one of `bareNeedles`. */
export const separators = nameSeparators

export interface BareNeedle {
  readonly needle: string
  /** Length of the shortest secret that begins with it, the needle included. */
  readonly lengthMin: number
}

export const bareNeedles: readonly BareNeedle[] = secretShapes.flatMap((shape) =>
  shape.prefixes
    .filter((prefix) => !Array.from(separators).some((separator) => prefix.includes(separator)))
    .map((needle) => ({ needle, lengthMin: needle.length + shape.min })),
)

const needles: readonly (readonly [needle: string, flag: number])[] = [
  ...[...prefixes, ...commandNeedles, KEY_BLOCK_START].map((needle) => [needle, FOUND] as const),
  ...nameNeedles.map((needle) => [needle, NAME] as const),
  ['://', SCHEME],
  ['@', AT],
]

/** Bits of a transition that are the next state; those above are the flags of the needles found there. */
const STATE_BITS = 12
const STATE_MASK = (1 << STATE_BITS) - 1
const CLASS_BITS = 6
const CODES = 256

export interface Automaton {
  /** Class of every byte; the capital letters have those of the small ones. */
  readonly classes: Uint8Array
  /** By state << 6 | class. */
  readonly transitions: Uint16Array
}

export const automaton: Automaton = build()

export function mayHoldSecret(text: string): boolean {
  const { classes, transitions } = automaton
  let state = 0
  let flags = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const next = transitions[(state << CLASS_BITS) | (code < CODES ? (classes[code] ?? 0) : 0)] ?? 0
    state = next & STATE_MASK
    flags |= next >>> STATE_BITS
  }
  return isSuspicious(flags, true)
}

/** The same over UTF-8; `separated`: whether any of `separators` is among the bytes. */
export function bytesMayHoldSecret(bytes: Uint8Array, from: number, to: number, separated: boolean): boolean {
  const { classes, transitions } = automaton
  let state = 0
  let flags = 0
  for (let i = from; i < to; i++) {
    const next = transitions[(state << CLASS_BITS) | (classes[bytes[i] ?? 0] ?? 0)] ?? 0
    state = next & STATE_MASK
    flags |= next >>> STATE_BITS
  }
  return isSuspicious(flags, separated)
}

function isSuspicious(flags: number, separated: boolean): boolean {
  return (flags & (separated ? FOUND | NAME : FOUND)) !== 0 || (flags & (SCHEME | AT)) === (SCHEME | AT)
}

interface TrieNode {
  readonly children: Map<number, number>
  flags: number
}

function build(): Automaton {
  const classes = classify()
  const trie = buildTrie(classes)
  if (trie.length > STATE_MASK)
    throw new Error(`${trie.length} states of needles do not fit ${STATE_BITS} bits`)
  return { classes, transitions: link(trie) }
}

function classify(): Uint8Array {
  const classes = new Uint8Array(CODES)
  let last = 0
  for (const char of new Set(needles.map(([needle]) => needle.toLowerCase()).join(''))) {
    last++
    for (const variant of [char, char.toUpperCase()]) classes[variant.charCodeAt(0)] = last
  }
  if (last >= 1 << CLASS_BITS) throw new Error(`${last} characters of needles do not fit ${CLASS_BITS} bits`)
  return classes
}

function buildTrie(classes: Uint8Array): TrieNode[] {
  const trie: TrieNode[] = [{ children: new Map(), flags: 0 }]
  for (const [needle, flag] of needles) {
    let at = 0
    for (const char of needle) at = childOf(trie, at, classes[char.charCodeAt(0)] ?? 0)
    const end = trie[at]
    if (end) end.flags |= flag
  }
  return trie
}

function childOf(trie: TrieNode[], at: number, kind: number): number {
  const known = trie[at]?.children.get(kind)
  if (known !== undefined) return known
  trie[at]?.children.set(kind, trie.length)
  return trie.push({ children: new Map(), flags: 0 }) - 1
}

/** Breadth first: where a state has no child, it goes on like the longest suffix of it that is a state. */
function link(trie: readonly TrieNode[]): Uint16Array {
  const transitions = new Uint16Array(trie.length << CLASS_BITS)
  const suffixes = new Uint16Array(trie.length)
  const queue = [0]
  for (const state of queue) {
    const suffix = suffixes[state] ?? 0
    const node = trie[state]
    if (!node) continue
    node.flags |= trie[suffix]?.flags ?? 0
    for (let kind = 0; kind < 1 << CLASS_BITS; kind++) {
      const inherited = state === 0 ? 0 : (transitions[(suffix << CLASS_BITS) | kind] ?? 0)
      const child = node.children.get(kind)
      if (child !== undefined) {
        suffixes[child] = inherited & STATE_MASK
        queue.push(child)
      }
      transitions[(state << CLASS_BITS) | kind] = child ?? inherited
    }
  }
  return transitions.map((state) => state | ((trie[state & STATE_MASK]?.flags ?? 0) << STATE_BITS))
}
