/**
 * Scopes: an AND of context attributes that names whose spend a budget limits. Imports nothing; Workers bundle it.
 * A scope travels as its key, for example `task=t1&team=payments`; the empty scope is `*`, everything.
 */

/** Context attributes a budget may be scoped by. `org` is the tenant. */
export const scopeDimensions = [
  'org',
  'team',
  'cost_center',
  'user',
  'agent',
  'model',
  'repository',
  'environment',
  'class',
  'tier',
  'task',
  'sandbox',
] as const

export type ScopeDimension = (typeof scopeDimensions)[number]

/** Context attributes with one value each. */
export type Scope = Readonly<Partial<Record<ScopeDimension, string>>>

/** Key of the scope that holds everything. */
export const everythingKey = '*'

/** The same scope has the same key, whatever the order of its attributes. */
export function scopeKey(scope: Scope): string {
  const pairs = scopeDimensions
    .filter((dimension) => scope[dimension] !== undefined)
    .map((dimension) => `${dimension}=${encodeURIComponent(scope[dimension] ?? '')}`)
  return pairs.length === 0 ? everythingKey : pairs.sort().join('&')
}

/** The scope a key names; undefined when the text is not the key of any scope. */
export function parseScopeKey(key: string): Scope | undefined {
  if (key === everythingKey) return {}
  const scope: Partial<Record<ScopeDimension, string>> = {}
  for (const pair of key.split('&')) {
    const cut = pair.indexOf('=')
    const dimension = scopeDimensions.find((name) => name === pair.slice(0, cut))
    const value = decodeValue(pair.slice(cut + 1))
    if (dimension === undefined || value === undefined) return undefined
    scope[dimension] = value
  }
  return scopeKey(scope) === key ? scope : undefined
}

function decodeValue(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Whether work in this context spends from the scope: every attribute of the scope has the same value there. */
export function scopeCovers(scope: Scope, context: Scope): boolean {
  return scopeDimensions.every(
    (dimension) => scope[dimension] === undefined || scope[dimension] === context[dimension],
  )
}

/** Which attributes a scope is made of, for example `task+team`. A gate must know the shapes it asks about. */
export type ScopeShape = readonly ScopeDimension[]

export function shapeKey(shape: ScopeShape): string {
  return [...shape].sort().join('+')
}

export function shapeOf(scope: Scope): ScopeShape {
  return scopeDimensions.filter((dimension) => scope[dimension] !== undefined)
}

/** The part of a context that a shape names; undefined when the context lacks one of its attributes. */
export function scopeOfShape(shape: ScopeShape, context: Scope): Scope | undefined {
  const scope: Partial<Record<ScopeDimension, string>> = {}
  for (const dimension of shape) {
    const value = context[dimension]
    if (value === undefined || value === '') return undefined
    scope[dimension] = value
  }
  return scope
}
