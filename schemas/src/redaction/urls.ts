/** Credentials in the places that URLs and some commands have for them. */
import { hasMark, redactionMark } from './mark.ts'
import { isReference, looksRandom } from './value.ts'

const userInfo = new RegExp(String.raw`(:\/\/)([^\s/?#"'<>]+)@`, 'g')

/** `scheme://user:password@host`: the user stays, unless it is a token itself. */
export function redactUrls(text: string): string {
  return text.replace(userInfo, (found, start: string, info: string) => {
    const colon = info.indexOf(':')
    const secret = colon < 0 ? info : info.slice(colon + 1)
    const keep = colon < 0 ? !looksRandom(secret) : isReference(secret)
    if (keep || hasMark(info)) return found
    return `${start}${info.slice(0, colon + 1)}${redactionMark('url')}@`
  })
}

/** Options that take a secret without a telling name. All stand behind a blank. */
const commands: readonly RegExp[] = [
  // curl -u user:password
  /( (?:-u|--user|--proxy-user)[ =]["']?[^\s"':]{1,128}:)([^\s"']{1,256})/g,
  // curl -uuser:password
  /(curl [^|;&\n]{0,200}?-u["']?[^\s"':=]{1,128}:)([^\s"']{1,256})/g,
  // mysql -ppassword
  /(mysql[a-z]{0,16} [^|;&\n]{0,200}?-p)([^\s"']{1,256})/g,
  // sshpass -p password
  /(sshpass -p ?["']?)([^\s"']{1,256})/g,
]

export const commandNeedles: readonly string[] = [
  ' -u ',
  ' -u=',
  '-user ',
  '-user=',
  'curl',
  'mysql',
  'sshpass',
]

export function redactCommands(text: string): string {
  return commands.reduce((clean, command) => clean.replace(command, redactOption), text)
}

const ID = /^[0-9]{1,6}$/

function redactOption(found: string, option: string, secret: string): string {
  // docker run -u 1000:1000
  const keep = isReference(secret) || ID.test(secret) || hasMark(found)
  return keep ? found : option + redactionMark('secret')
}
