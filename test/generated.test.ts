import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generatedFiles } from './generated-files.ts'

const root = join(import.meta.dirname, '..')

test.each(generatedFiles)(
  '$path is what its source renders (else: npm run generate)',
  async ({ path, render }) => {
    expect(await readFile(join(root, path), 'utf8')).toBe(await render())
  },
)
