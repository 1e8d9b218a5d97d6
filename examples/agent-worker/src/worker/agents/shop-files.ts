/** A small shop with a bug: a discount in percent is taken off as an amount. */
export const SHOP_FILES: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "shop", "private": true, "type": "module" }\n',
  'src/cart.js': `export function totalCents(items, discountPercent = 0) {
  const sum = items.reduce((cents, { priceCents, quantity }) => cents + priceCents * quantity, 0)
  return sum - discountPercent
}
`,
  'src/server.js': `import { createServer } from 'node:http'
import { totalCents } from './cart.js'

const server = createServer((request, response) => {
  const discount = Number(new URL(request.url, 'http://shop').searchParams.get('discount'))
  response.end(String(totalCents([{ priceCents: 1000, quantity: 2 }], discount)))
})
server.listen('shop.sock', () => console.log('listening'))
`,
  'test/cart.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { totalCents } from '../src/cart.js'

const cart = [{ priceCents: 1999, quantity: 2 }, { priceCents: 501, quantity: 1 }]

test('a cart without a discount costs the sum of its items', () => assert.equal(totalCents(cart), 4499))
test('a discount is a share of the sum, rounded to a cent', () => assert.equal(totalCents(cart, 10), 4049))
test('a full discount costs nothing', () => assert.equal(totalCents(cart, 100), 0))
`,
}

/** What makes the tests pass. */
export const SHOP_FIX = `diff --git a/src/cart.js b/src/cart.js
--- a/src/cart.js
+++ b/src/cart.js
@@ -1,4 +1,4 @@
 export function totalCents(items, discountPercent = 0) {
   const sum = items.reduce((cents, { priceCents, quantity }) => cents + priceCents * quantity, 0)
-  return sum - discountPercent
+  return Math.round((sum * (100 - discountPercent)) / 100)
 }
`

/** Asks the running shop for the price of a cart with a discount. */
export const SHOP_PROBE = `require('node:http').get({ socketPath: 'shop.sock', path: '/?discount=25' }, (answer) =>
  answer.setEncoding('utf8').on('data', (text) => console.log(text)))`
export const SHOP_PROBE_ANSWER = '1500'
