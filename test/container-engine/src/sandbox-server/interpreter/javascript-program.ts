/** The same as for Python, in Node; TypeScript loses its types first. */
export const JAVASCRIPT_PROGRAM = `
import { createWriteStream } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { createInterface } from 'node:readline'
import { inspect } from 'node:util'
import vm from 'node:vm'
const answers = createWriteStream('', { fd: 3 })
let out = '', err = ''
const say = (add) => (...words) => add(words.map((w) => (typeof w === 'string' ? w : inspect(w))).join(' ') + '\\n')
const toOut = say((text) => (out += text)), toErr = say((text) => (err += text))
const console = { log: toOut, info: toOut, debug: toOut, warn: toErr, error: toErr }
const context = vm.createContext({
  console, require: createRequire(process.cwd() + '/'), process, Buffer, URL, fetch, setTimeout, clearTimeout, structuredClone,
})
for await (const line of createInterface({ input: process.stdin })) {
  const { code, language } = JSON.parse(line)
  const answer = {}
  out = err = ''
  try {
    const plain = language === 'typescript' ? stripTypeScriptTypes(code) : code
    const value = await vm.runInContext(plain, context)
    if (value !== undefined) answer.result = inspect(value)
  } catch (error) {
    answer.error = {
      ename: error?.name ?? 'Error',
      evalue: error?.message ?? String(error),
      traceback: String(error?.stack ?? error).split('\\n'),
    }
  }
  answers.write(JSON.stringify({ ...answer, stdout: out, stderr: err }) + '\\n')
}
`
