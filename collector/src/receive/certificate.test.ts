import { execFileSync } from 'node:child_process'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startHttpSink } from '../testing/http-sink.ts'
import { poll, startTestCollector, testConfig } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'

let directory: string
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(() => removeTestDirectory(directory))

/** Makes `<name>.pem` and `<name>.key`; false where openssl is missing. */
function makeCertificate(name: string): boolean {
  const out = ['-keyout', join(directory, `${name}.key`), '-out', join(directory, `${name}.pem`)]
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, ...out]
  try {
    execFileSync('openssl', args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The name on the certificate that the server shows. */
function shownName(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subject.CN)
      socket.end()
    })
    socket.on('error', reject)
  })
}

test('a renewed certificate is shown without a restart, and a broken one changes nothing', async ({
  skip,
}) => {
  if (!makeCertificate('first') || !makeCertificate('second')) skip('openssl is missing here')
  const tls = { certFile: join(directory, 'used.pem'), keyFile: join(directory, 'used.key') }
  const use = async (name: string): Promise<void> => {
    await copyFile(join(directory, `${name}.pem`), tls.certFile)
    await copyFile(join(directory, `${name}.key`), tls.keyFile)
  }
  await use('first')
  const sink = await startHttpSink()
  const config = testConfig(join(directory, 'log'), { listen: { tls }, clickhouse: { url: sink.url } })
  const collector = await startTestCollector(config)
  const shown = (): Promise<string> => shownName(collector.url)
  expect([collector.url.startsWith('https:'), await shown()]).toEqual([true, 'first'])

  await writeFile(tls.certFile, 'half a certificate')
  const refused = async (): Promise<boolean> => collector.lines.some(({ event }) => event === 'tlsRefused')
  expect(await poll(refused, Boolean)).toBe(true)
  expect(await shown()).toBe('first')

  await use('second')
  expect(await poll(shown, (name) => name === 'second')).toBe('second')
  await collector.stop('test')
  await sink.close()
})
