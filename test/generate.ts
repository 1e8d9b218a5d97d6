/** `npm run generate`: writes every generated file. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated-files.ts'

const root = join(import.meta.dirname, '..')

for (const { path, render } of generatedFiles) {
  const target = join(root, path)
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, await render())
  console.log(`wrote ${path}`)
}
