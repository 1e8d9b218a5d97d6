import { expect, test } from 'vitest'
import { tidyRules } from './rules.ts'
import { readRepository } from './source-files.ts'

const repository = readRepository()

test.each(tidyRules)('$name', ({ violations }) => {
  expect(violations(repository)).toEqual([])
})

test.each(tidyRules)('the rule "$name" finds each planted violation', ({ violations, planted }) => {
  for (const file of planted) expect(violations([file]), file.path).not.toEqual([])
})
