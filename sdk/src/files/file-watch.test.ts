import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MemoryCommand } from '../testing/memory-container.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { createTestParts, type TestParts } from '../testing/test-sandglass.ts'

let receiver: OtlpReceiver
let directory: string
let parts: TestParts
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  directory = mkdtempSync(join(tmpdir(), 'sandglass-watch-'))
  parts = createTestParts(receiver, { commands: runHere, spec: { watch: [directory] } })
})
afterEach(async () => {
  rmSync(directory, { recursive: true, force: true })
  await receiver.stop()
})

/** Real commands in a real directory. */
function runHere([program = '', ...args]: readonly string[]): MemoryCommand {
  return { stdout: execFileSync(program, args, { cwd: directory, encoding: 'utf8' }) }
}

async function told(): Promise<unknown[][]> {
  await parts.sandglass.flush()
  return receiver
    .eventsNamed(event.fileMutated)
    .map(({ attributes }) => [
      attributes[attr.fileOperation],
      String(attributes[attr.filePath]).slice(directory.length + 1),
      attributes[attr.fileSource],
    ])
}

test('what changed while a person sat at a terminal is told as that', async () => {
  const { container } = parts
  await (await container.exec(['true'])).output()
  const terminal: object = { pty: { cols: 80, rows: 24 } }
  await (await container.exec(['sh', '-c', 'echo typed > by-hand.txt'], Object.assign({}, terminal))).output()
  await (await container.exec(['sh', '-c', 'echo run > by-command.txt'])).output()
  expect(await told()).toEqual([
    ['create', 'by-hand.txt', 'terminal'],
    ['create', 'by-command.txt', 'exec'],
  ])
})

test('a write through the API makes a file where none was seen, and changes one that was', async () => {
  const { sandglass, container } = parts
  writeFileSync(join(directory, 'old.txt'), 'old')
  const files = sandglass.files(
    {
      writeFile: async (path: string, text: string) => writeFileSync(path, text),
      remove: async (path: string) => rmSync(path),
    },
    container,
  )
  await files.writeFile(join(directory, 'unseen.txt'), 'before any scan')
  await (await container.exec(['true'])).output()
  await files.writeFile(join(directory, 'new.txt'), 'new')
  await files.writeFile(join(directory, 'old.txt'), 'newer')
  await files.writeFile(join(directory, 'new.txt'), 'again')
  await files.remove(join(directory, 'new.txt'))
  await files.writeFile(join(directory, 'new.txt'), 'and again')
  expect(await told()).toEqual([
    ['modify', 'unseen.txt', 'api'],
    ['create', 'new.txt', 'api'],
    ['modify', 'old.txt', 'api'],
    ['modify', 'new.txt', 'api'],
    ['delete', 'new.txt', 'api'],
    ['create', 'new.txt', 'api'],
  ])
})
