/** Secrets that stand behind their name: in variables, flags, headers, JSON, query strings and prose. */
import { isMarkAt, redactionMark } from './mark.ts'
import { isCount, isReference, lineRange, looksRandom, valueRange, type ValueRange } from './value.ts'

/** What is assigned to such a name is a secret whatever it looks like. */
const STRONG = [
  'password',
  'passwd',
  'passphrase',
  '(?<![a-z])pass',
  'pwd',
  'secret',
  'token',
  'credentials?',
  'authorization',
  'cookie',
  'connection[_-]?string',
  '(?:api|access|secret|private|signing|encryption|master|account|storage|service|subscription|license|auth|client|app|ssh|deploy)[ _.-]?key',
]
/** What stands behind such a name is a secret if it looks random. */
const WEAK = ['key', 'auth', 'session', 'signature', 'bearer']

/** Ends a name, or stands between it and its value. */
const FOLLOWERS = ' \t\n\r=:"\'\\]_-0123456789'
const followed = (name: string): readonly string[] => FOLLOWERS.split('').map((follower) => name + follower)

/** Every name contains one of these, in small or capital letters. */
export const nameNeedles: readonly string[] = [
  'passw',
  'passphrase',
  'secret',
  'token',
  'credential',
  'authorization',
  'cookie',
  'connection',
  'session',
  'signature',
  'bearer',
  ...['pass', 'pwd', 'key', 'auth'].flatMap(followed),
]
/** One of these stands between every name and its value. */
export const nameSeparators = '=: \t\n\r'

/** The names inside marks introduce nothing. */
const NOT_IN_MARK = String.raw`(?<!\[redacted:[a-z-]{1,24})`
const NUMBERED = '(?:[_-]?[0-9]{1,3})?'
/** Ends a quoted or indexed name. */
const NAME_END = String.raw`["'\\\]]{0,9}`
const ASSIGNED = String.raw`[ \t\r\n]{0,4}(?:=>|:=|[=:])[ \t\r\n]{0,4}`
const SPACED = String.raw`[ \t\r\n]{1,4}(?:(?:is|was) )?`

// Every quantifier is bounded: linear on any text.
const named = new RegExp(
  `(?:(?<strong>${STRONG.join('|')})|(?:${WEAK.join('|')}))${NOT_IN_MARK}${NUMBERED}${NAME_END}(?:(?<assigned>${ASSIGNED})|${SPACED})`,
  'gi',
)
const secretName = new RegExp(`(?:${STRONG.join('|')})${NUMBERED}$`, 'i')
const LINE_NAMES = /^(?:cookie|authorization)/i
const FLAG_LENGTH_MAX = 64

/** Whether an attribute, variable or header of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name.slice(-FLAG_LENGTH_MAX))
}

export function redactNamed(text: string): string {
  let clean = ''
  let done = 0
  named.lastIndex = 0
  for (let match = named.exec(text); match; match = named.exec(text)) {
    const { from, to } = secretBehind(text, match)
    if (to === from) continue
    clean += text.slice(done, from) + redactionMark('secret')
    done = to
    named.lastIndex = to
  }
  return clean + text.slice(done)
}

/** So much of a value tells whether it is a secret; looking at more each time would not be linear. */
const PEEK_LENGTH = 96

/** The secret that the name introduces; an empty range when it introduces none. */
function secretBehind(text: string, match: RegExpExecArray): ValueRange {
  const at = match.index + match[0].length
  const strong = match.groups?.['strong'] ?? ''
  const rangeOf = LINE_NAMES.test(strong) ? lineRange : valueRange
  const seen = rangeOf(text, at, Math.min(text.length, at + PEEK_LENGTH))
  const value = text.slice(seen.from, seen.to)
  const assigned = match.groups?.['assigned'] !== undefined || isFlagged(text, match.index, value)
  const found = strong !== '' && assigned ? isSecret(value, strong) : looksRandom(value)
  return found && !isMarkAt(text, seen.from) ? rangeOf(text, at, text.length) : { from: at, to: at }
}

/** `--password value`, but not `--password --next`. */
function isFlagged(text: string, nameAt: number, value: string): boolean {
  return !value.startsWith('-') && isFlagBefore(text, nameAt)
}

function isSecret(value: string, name: string): boolean {
  if (isReference(value)) return false
  // The working directory, and the number of tests that passed.
  if (/^pwd$/i.test(name)) return !value.startsWith('/')
  return !(/^pass$/i.test(name) && isCount(value))
}

/** Whether the word that goes on at `at` began with a dash. */
function isFlagBefore(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - FLAG_LENGTH_MAX), at)
  return /(?:^|[\s"'=])-[\w.-]*$/.test(before)
}
