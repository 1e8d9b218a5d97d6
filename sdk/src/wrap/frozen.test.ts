import { expect, test } from 'vitest'
import { observeClient } from './observed.ts'
import { overlay } from './overlay.ts'

const frozen = Object.freeze({ id: 'x', exec: () => 'ran' })

test('a frozen target can be used through an overlay', () => {
  const shown = overlay(frozen, { exec: () => () => 'watched' })
  expect([shown.id, shown.exec()]).toEqual(['x', 'ran'])
})

test('and through an observed client', () => {
  const seen = observeClient(frozen, {}, Object.create(null), () => () => undefined, {
    exec: () => () => 'watched',
  })
  expect([seen.id, seen.exec()]).toEqual(['x', 'ran'])
})
