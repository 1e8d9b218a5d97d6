import { expect, test } from 'vitest'
import { lastAsked } from './message-text.ts'

const asked = (part: object): string =>
  lastAsked([{ role: 'user', content: [{ type: 'text', text: 'what is this' }, part] }]).text

test('the bytes of an image are no text', () => {
  const text = asked({ type: 'file', mediaType: 'image/png', data: new Uint8Array(100_000).fill(200) })
  expect(text).toBe('what is this\n{"type":"file","mediaType":"image/png"}')
})

test('a part that cannot be written as JSON is left out', () => {
  const part: { self?: object } = {}
  part.self = part
  expect(asked(part)).toBe('what is this\n')
})
