/** Statements the read port runs, by first keyword; the engine prints FROM as SELECT and DESC as DESCRIBE. */
export const ALLOWED_KINDS = new Set([
  'SELECT',
  'WITH',
  'FROM',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXPLAIN',
  'EXISTS',
])

/** What may be shown. */
export const ALLOWED_SHOW = new Set([
  'COLUMNS',
  'CREATE',
  'DATABASES',
  'DICTIONARIES',
  'ENGINES',
  'FUNCTIONS',
  'INDEXES',
  'SETTINGS',
  'TABLES',
])

/** Whose definition may be shown; users, roles and policies are not among them. */
export const ALLOWED_SHOW_CREATE = new Set(['DATABASE', 'DICTIONARY', 'TABLE', 'VIEW'])

/** Table functions that reach nothing outside the statement; every other one the engine knows is refused. */
export const ALLOWED_TABLE_FUNCTIONS = new Set([
  'format',
  'fuzzquery',
  'generate_series',
  'generaterandom',
  'generateseries',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'sqlstandardvalues',
  'values',
  'view',
  'zeros',
  'zeros_mt',
])

/**
 * Scalar functions that read files, call other hosts or show the process's secrets. `file` reads any path of the
 * machine, also under `readonly`, and also as a bare name: `arrayMap(file, …)`, `* APPLY file`.
 */
export const DENIED_FUNCTIONS = new Set([
  'addresstoline',
  'addresstolinewithinlines',
  'addresstosymbol',
  'catboostevaluate',
  'demangle',
  'eval',
  'evalmlmethod',
  'file',
  'getclienthttpheader',
  'getmacro',
  'getserversetting',
  'logtrace',
  'showcertificate',
])

/** Functions that send their arguments to a language model elsewhere: aiGenerate, aiClassify, … */
export const DENIED_FUNCTION_PREFIX = /^ai(classify|embed|extract|generate|translate)/

/** Tables of `system` without other people's statements, credentials or paths outside the data directory. */
export const ALLOWED_SYSTEM_TABLES = new Set(
  (
    'build_options codecs collations columns completions constraints contributors data_skipping_indices ' +
    'data_type_families databases documentation events formats functions keywords licenses merge_tree_settings ' +
    'merges metrics numbers numbers_mt one parts parts_columns primes projection_parts projection_parts_columns ' +
    'projections settings table_engines table_functions tables time_zones tokenizers unicode zeros zeros_mt'
  ).split(' '),
)

/** What a reader of one tenant may know of the engine: nothing that counts the rows or bytes of all. */
export const TENANT_SYSTEM_TABLES: ReadonlySet<string> = new Set(
  'build_options collations data_type_families formats functions keywords numbers numbers_mt one time_zones zeros zeros_mt'.split(
    ' ',
  ),
)

/** First keywords of what may not be explained. */
export const CHANGING_KEYWORDS = new Set(
  (
    'ALTER ATTACH BACKUP CHECK CREATE DELETE DETACH DROP EXCHANGE GRANT INSERT KILL MOVE OPTIMIZE RENAME REPLACE ' +
    'RESTORE REVOKE SET SYSTEM TRUNCATE UNDROP UPDATE USE WATCH'
  ).split(' '),
)
