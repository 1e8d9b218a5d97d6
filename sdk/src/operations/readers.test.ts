import { expect, test } from 'vitest'
import { program } from './readers.ts'

test.each([
  ['/usr/bin/git status', 'git'],
  ['AWS_SECRET_ACCESS_KEY=wJalr/K7MDENG/bPxRfi aws s3 ls', undefined],
  ['LIST+=a/b run', undefined],
  ['list[0]=a/b run', undefined],
])('the program of %s is %s: what is assigned before it is none', (line, expected) => {
  expect(program(0)([line])).toBe(expected)
})
