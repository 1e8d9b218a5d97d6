/** Compiles a glob: `*` any run but `/`, `**` any run, `?` one character. With `flat`, `/` is ordinary. */
export function compileGlob(pattern: string, flat: boolean): RegExp {
  const within = flat ? '.' : '[^/]'
  const source = pattern.replaceAll(/\*\*\/?|[*?]|[^*?]+/g, (part) => {
    if (part === '*') return `${within}*`
    if (part === '?') return within
    if (part === '**/' && !flat) return '(?:.*/)?'
    return part.startsWith('**') ? '.*' : escape(part)
  })
  return new RegExp(`^${source}$`, 's')
}

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
