import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listRunbooks, loadRunbook } from './library.ts'

test.each(listRunbooks())('%s is complete', (name) => {
  expect(loadRunbook(name)).toMatchObject({ name })
})

test('an unknown name is answered with the names there are', () => {
  expect(() => loadRunbook('SecretDenied')).toThrow(
    /no runbook is called "SecretDenied"; there are: .*SecretDeniedBurst/,
  )
})

test('a name cannot leave the directory of the runbooks', () => {
  const root = mkdtempSync(join(tmpdir(), 'sandglass-runbooks-'))
  try {
    writeFileSync(join(root, 'Outside.md'), '# Outside')
    expect(() => loadRunbook('../Outside', join(root, 'runbooks-missing', '..'))).toThrow(
      'no runbook is called',
    )
  } finally {
    rmSync(root, { recursive: true })
  }
})
