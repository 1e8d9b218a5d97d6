import { isSymbol, isWord } from '../sql/cursor.ts'
import type { Token } from '../sql/lexer.ts'
import {
  ALLOWED_KINDS,
  ALLOWED_SHOW,
  ALLOWED_SHOW_CREATE,
  ALLOWED_TABLE_FUNCTIONS,
  CHANGING_KEYWORDS,
  DENIED_FUNCTION_PREFIX,
  DENIED_FUNCTIONS,
} from './lists.ts'

/** A statement as the rules see it. */
export interface Subject {
  readonly tokens: readonly Token[]
  /** Every table function the engine knows, lower case. */
  readonly tableFunctions: ReadonlySet<string>
  readonly parameters: ReadonlyMap<string, string>
  /** Tables of `system` that may be read. */
  readonly systemTables: ReadonlySet<string>
  /** Plans show how much of every tenant's data there is. */
  readonly mayExplain: boolean
}

/** Returns why the statement is refused, or undefined. */
type Rule = (subject: Subject) => string | undefined

const RULES: readonly Rule[] = [
  kind,
  shown,
  explained,
  intoOutfile,
  parallelWith,
  settingsClause,
  tableFunction,
  deniedFunction,
  systemTable,
  informationSchema,
  identifierParameter,
]

/** The first rule a statement breaks, in words for the person who sent it. */
export function violation(subject: Subject): string | undefined {
  for (const rule of RULES) {
    const reason = rule(subject)
    if (reason !== undefined) return reason
  }
  return undefined
}

function kind({ tokens }: Subject): string | undefined {
  const first = tokens.find((token) => !isSymbol(token, '('))
  const keyword = upper(first)
  return ALLOWED_KINDS.has(keyword)
    ? undefined
    : `only ${[...ALLOWED_KINDS].join(', ')} are run, not ${keyword || 'this'}`
}

function shown({ tokens: [first, what, whose] }: Subject): string | undefined {
  if (!isWord(first, 'SHOW')) return undefined
  const allowed =
    ALLOWED_SHOW.has(upper(what)) && (!isWord(what, 'CREATE') || ALLOWED_SHOW_CREATE.has(upper(whose)))
  return allowed
    ? undefined
    : `SHOW ${upper(what)} ${isWord(what, 'CREATE') ? upper(whose) : ''} is not allowed`
}

function explained({ tokens, mayExplain }: Subject): string | undefined {
  if (!isWord(tokens[0], 'EXPLAIN')) return undefined
  if (!mayExplain) return 'EXPLAIN is not for readers of one tenant'
  const changing = tokens.find((token) => token.kind === 'word' && CHANGING_KEYWORDS.has(upper(token)))
  return changing && `only queries may be explained, not ${upper(changing)}`
}

function intoOutfile({ tokens }: Subject): string | undefined {
  const found = tokens.some((token, i) => isWord(token, 'INTO') && isWord(tokens[i + 1], 'OUTFILE'))
  return found ? 'INTO OUTFILE writes files' : undefined
}

function parallelWith({ tokens }: Subject): string | undefined {
  const found = tokens.some((token, i) => isWord(token, 'PARALLEL') && isWord(tokens[i + 1], 'WITH'))
  return found ? 'PARALLEL WITH runs several statements' : undefined
}

/**
 * A subquery's own SETTINGS pass this engine's `readonly`: they would lift any limit and any filter. What a request may set comes
 * with the request, where it is checked.
 */
function settingsClause({ tokens }: Subject): string | undefined {
  const at = tokens.findIndex(
    (token, i) =>
      isWord(token, 'SETTINGS') &&
      nameOf(tokens[i + 1]) !== '' &&
      (isSymbol(tokens[i + 2], '=') || isSymbol(tokens[i + 2], '.')),
  )
  const name = tokens[at + 1]?.text
  return at === -1 ? undefined : `settings (${name}) come with the request, not with the statement`
}

function tableFunction({ tokens, tableFunctions }: Subject): string | undefined {
  const called = tokens.find((token, i) => {
    const name = nameOf(token)
    return isSymbol(tokens[i + 1], '(') && tableFunctions.has(name) && !ALLOWED_TABLE_FUNCTIONS.has(name)
  })
  return called && `the table function ${called.text}() reaches beyond the stored tables`
}

/** A bare name counts too: functions can be passed by name. Qualified (`t.file`) or as an alias it is a column. */
function deniedFunction({ tokens }: Subject): string | undefined {
  const used = tokens.find((token, i) => {
    const name = nameOf(token)
    if (!DENIED_FUNCTIONS.has(name) && !DENIED_FUNCTION_PREFIX.test(name)) return false
    return !isSymbol(tokens[i - 1], '.') && !isWord(tokens[i - 1], 'AS')
  })
  return (
    used && `the function ${used.text} is not allowed (write a column of that name as table.${used.text})`
  )
}

function systemTable({ tokens, systemTables }: Subject): string | undefined {
  const at = tokens.findIndex(
    (token, i) =>
      nameOf(token) === 'system' && isSymbol(tokens[i + 1], '.') && !systemTables.has(nameOf(tokens[i + 2])),
  )
  return at === -1 ? undefined : `system.${tokens[at + 2]?.text} is not readable here`
}

/** The same as system's tables under another name. */
function informationSchema({ tokens, systemTables }: Subject): string | undefined {
  const found = tokens.some(
    (token, i) => nameOf(token) === INFORMATION_SCHEMA && isSymbol(tokens[i + 1], '.'),
  )
  return found && !systemTables.has('tables') ? 'information_schema is not readable here' : undefined
}

const INFORMATION_SCHEMA = 'information_schema'

/** `{name:Identifier}` stands for a name the other rules cannot see, so its value must be a plain one. */
function identifierParameter({ tokens, parameters }: Subject): string | undefined {
  const opening = tokens.find(
    (token, i) => isSymbol(token, '{') && isIdentifierPlaceholder(tokens, i, parameters),
  )
  const name = opening && tokens[tokens.indexOf(opening) + 1]?.text
  return name && `the value of the Identifier parameter '${name}' must be a plain name outside system`
}

const PLAIN_NAME = /^[A-Za-z_]\w*$/

function isIdentifierPlaceholder(
  tokens: readonly Token[],
  at: number,
  values: ReadonlyMap<string, string>,
): boolean {
  if (!isWord(tokens[at + 3], 'IDENTIFIER')) return false
  const value = values.get(tokens[at + 1]?.text ?? '') ?? ''
  const name = value.toLowerCase()
  return (
    !PLAIN_NAME.test(value) || name === 'system' || name === INFORMATION_SCHEMA || DENIED_FUNCTIONS.has(name)
  )
}

function upper(token: Token | undefined): string {
  return token?.text.toUpperCase() ?? ''
}

/** Lower-case name of a possible identifier, quoted or not; empty for anything else. */
function nameOf(token: Token | undefined): string {
  return token?.kind === 'word' || token?.kind === 'quoted' ? token.text.toLowerCase() : ''
}
