import { expect, test } from 'vitest'
import { createBoundary } from './boundary.ts'

test('what stands behind the name of a secret is cut, whatever it looks like', () => {
  const facts = { 'app.password': 'hunter2', 'service.name': 'api', input_tokens: 7, api_key: 'x' }
  expect(createBoundary(undefined).facts(facts)).toEqual({
    'app.password': '[redacted:secret]',
    'service.name': 'api',
    input_tokens: 7,
    api_key: '[redacted:secret]',
  })
})
