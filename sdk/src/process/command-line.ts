const PLAIN = /^[\w%+,./:=@^-]+$/
/** Arguments beyond this are left out of the text, which says so. */
const ARGUMENTS_MAX = 1_000

const quote = (word: string): string =>
  PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/** A command as one would type it; `''` for what is no command. */
export function renderCommand(command: unknown): string {
  if (!Array.isArray(command)) return ''
  const words = command.slice(0, ARGUMENTS_MAX).map((word) => quote(String(word)))
  return (command.length > ARGUMENTS_MAX ? [...words, '…'] : words).join(' ')
}

/** The executable's name without its directories. */
export function executableOf(command: unknown): string {
  const first: unknown = Array.isArray(command) ? command[0] : undefined
  return typeof first === 'string' ? (first.split('/').at(-1) ?? '') : ''
}
