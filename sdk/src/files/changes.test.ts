import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { categoryOf } from './category.ts'
import { diffListings } from './changes.ts'
import { parseListing, type FileEntry } from './listing.ts'

const entry = (path: string, inode: string, more: Partial<FileEntry> = {}): FileEntry => ({
  path,
  inode,
  size: 1,
  modified: '1.0',
  changed: '1.0',
  ...more,
})
const listing = (...entries: FileEntry[]): Map<string, FileEntry> =>
  new Map(entries.map((item) => [item.path, item]))

test('a file that went and came back elsewhere moved; one that only looks alike was made', () => {
  const before = listing(entry('/a', '1'), entry('/b', '2'))
  const after = listing(entry('/c', '1', { changed: '2.0' }), entry('/d', '9'))
  expect(diffListings(before, after)).toMatchObject([
    { operation: 'rename', path: '/c', pathBefore: '/a' },
    { operation: 'create', path: '/d' },
    { operation: 'delete', path: '/b' },
  ])
})

test('content, permission and replacement are all modifications', () => {
  const before = listing(entry('/a', '1'))
  for (const change of [{ size: 2 }, { modified: '2.0' }, { changed: '2.0' }, { inode: '7' }]) {
    expect(diffListings(before, listing(entry('/a', '1', change)))).toMatchObject([{ operation: 'modify' }])
  }
  expect(diffListings(before, before)).toEqual([])
})

const listings = fc
  .array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), inode: fc.nat(6), size: fc.nat(2) }))
  .map((items) =>
    listing(...items.map(({ name, inode, size }) => entry(`/${name}`, String(inode), { size }))),
  )

test('applying the changes to what was gives what is', () => {
  fc.assert(
    fc.property(listings, listings, (before, after) => {
      const files = new Map(before)
      const changes = diffListings(before, after)
      for (const { pathBefore, operation, path } of changes) {
        if (pathBefore !== undefined) files.delete(pathBefore)
        if (operation === 'delete') files.delete(path)
      }
      for (const { path, after: entryAfter } of changes)
        if (entryAfter !== undefined) files.set(path, entryAfter)
      expect(Object.fromEntries(files)).toEqual(Object.fromEntries(after))
    }),
  )
})

test('a listing survives names with spaces, newlines and unicode, and skips what it cannot read', () => {
  const text = ['12 3 1.5 1.5 ./a b\nc.ts', '7 0 1.0 2.0 ./ü/🪤', 'broken line', ''].join('\0')
  expect([...parseListing(text, '/w/').values()]).toEqual([
    { path: '/w/a b\nc.ts', inode: '12', size: 3, modified: '1.5', changed: '1.5' },
    { path: '/w/ü/🪤', inode: '7', size: 0, modified: '1.0', changed: '2.0' },
  ])
})

describe('category', () => {
  test.each([
    ['/w/.env', 'secret'],
    ['/w/.env.production', 'secret'],
    ['/root/.ssh/id_ed25519', 'secret'],
    ['/w/certs/server.pem', 'secret'],
    ['/w/.github/workflows/ci.yml', 'ci'],
    ['/w/Jenkinsfile', 'ci'],
    ['/w/deploy/app.yaml', 'manifest'],
    ['/w/deployment.yaml', 'manifest'],
    ['/w/Dockerfile', 'manifest'],
    ['/w/wrangler.jsonc', 'manifest'],
    ['/w/main.tf', 'manifest'],
    ['/w/package-lock.json', 'dependency'],
    ['/w/go.sum', 'dependency'],
    ['/w/src/cart.js', 'code'],
    ['/w/README.md', 'other'],
    ['/w/environment.txt', 'other'],
  ])('%s is %s', (path, category) => {
    expect(categoryOf(path)).toBe(category)
  })
})
