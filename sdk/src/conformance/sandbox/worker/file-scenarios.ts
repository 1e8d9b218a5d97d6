import { attempt, describe } from '../../worker/describe.ts'
import { call, textOf, type Scenario } from './stage.ts'

export const fileScenarios: Readonly<Record<string, Scenario>> = {
  'files: write, read, list, move, delete': async ({ sandbox }) => [
    await attempt(() => sandbox.mkdir('/workspace/d/e', { recursive: true })),
    await attempt(() => sandbox.mkdir('/workspace/no/parent')),
    await attempt(() => sandbox.writeFile('/workspace/d/a.txt', 'héllo')),
    await attempt(() => sandbox.writeFile('/workspace/d/b.bin', 'AAEC', { encoding: 'base64' })),
    await attempt(() => sandbox.readFile('/workspace/d/a.txt')),
    await attempt(() => sandbox.readFile('/workspace/d/b.bin')),
    await attempt(() => sandbox.readFile('/workspace/none')),
    await attempt(() => call(sandbox, 'readFile', '/workspace/d/a.txt', { encoding: 'none' })),
    await attempt(() => sandbox.readFileStream('/workspace/d/a.txt').then(textOf)),
    await attempt(() => sandbox.renameFile('/workspace/d/a.txt', '/workspace/d/c.txt')),
    await attempt(() => sandbox.moveFile('/workspace/d/c.txt', '/workspace/d/e/c.txt')),
    await attempt(() => sandbox.moveFile('/workspace/none', '/workspace/x')),
    await attempt(() => sandbox.exists('/workspace/d/e/c.txt')),
    await attempt(() => sandbox.listFiles('/workspace', { recursive: true })),
    await attempt(() => sandbox.deleteFile('/workspace/d/e/c.txt')),
    await attempt(() => sandbox.deleteFile('/workspace/d/e/c.txt')),
    await attempt(() => sandbox.deleteFile('/workspace/d')),
    await attempt(() => call(sandbox, 'writeFile', '/workspace/x')),
    await attempt(() => call(sandbox, 'readFile')),
  ],
  'files: hostile names and contents': async ({ sandbox }) => [
    await attempt(() => sandbox.writeFile('/workspace/\u001b[31m \ud800', 'x\0y')),
    await attempt(() => sandbox.writeFile('/workspace/big', 'x'.repeat(2_000_000))),
    await attempt(() => sandbox.readFile('/workspace/big').then(({ content }) => content.length)),
  ],
  'watch and check': async ({ sandbox }) => {
    const stream = await sandbox.watch('/workspace')
    const reader = stream.getReader()
    const first = await reader.read()
    const before = await sandbox.checkChanges('/workspace')
    await sandbox.writeFile('/workspace/new', '1')
    const second = await reader.read()
    const cancelled = await attempt(() => reader.cancel())
    let after = await sandbox.checkChanges('/workspace', { since: before.version })
    for (let tries = 0; after.status === 'unchanged' && tries < 100; tries++)
      after = await sandbox.checkChanges('/workspace', { since: before.version })
    return [
      describe(stream),
      new TextDecoder().decode(first.value),
      typeof second.value,
      cancelled,
      describe(before),
      describe(after),
      await attempt(() => sandbox.watch('/etc')),
    ]
  },
  'watch: what a command made and moved, beside what the API wrote': async ({ sandbox }) => {
    const reader = (await sandbox.watch('/workspace')).pipeThrough(new TextDecoderStream()).getReader()
    let said = ''
    const until = async (wanted: string): Promise<void> => {
      while (!said.includes(wanted)) {
        const { done, value } = await reader.read()
        if (done) return
        said += value
      }
    }
    await until('watching')
    await sandbox.writeFile('/workspace/by-api', '1')
    await until('/workspace/by-api')
    await sandbox.exec('echo 2 > by-command')
    await until('/workspace/by-command')
    await sandbox.exec('mv by-command moved')
    await until('/workspace/moved')
    await reader.cancel()
    const told = [...said.matchAll(/"eventType":"(\w+)","path":"([^"]+)"/g)]
    return told.map(([, kind, path]) => `${kind} ${path}`).filter((line) => !line.startsWith('modify'))
  },
  git: async ({ sandbox }) => {
    const make =
      'git init -q -b main /tmp/repo && cd /tmp/repo && git -c user.name=a -c user.email=a@example.com'
    await sandbox.exec(`${make} commit -q --allow-empty -m first`)
    return [
      await attempt(() =>
        sandbox.gitCheckout('/tmp/repo', { branch: 'main', targetDir: '/workspace/clone' }),
      ),
      await attempt(() =>
        sandbox.gitCheckout('/tmp/repo', { branch: 'none', targetDir: '/workspace/clone2' }),
      ),
      await attempt(() => sandbox.gitCheckout('https://127.0.0.1:1/none.git')),
    ]
  },
  'buckets and backups': async ({ sandbox }) => {
    await sandbox.writeFile('/workspace/kept/a', '1')
    const backup = await sandbox.createBackup({ dir: '/workspace/kept', localBucket: true })
    await sandbox.deleteFile('/workspace/kept/a')
    return [
      describe(backup),
      await attempt(() => sandbox.restoreBackup(backup)),
      await attempt(() => sandbox.exists('/workspace/kept/a')),
      await attempt(() => sandbox.restoreBackup({ ...backup, id: '00000000-0000-4000-8000-000000000000' })),
      await attempt(() => sandbox.createBackup({ dir: 'relative', localBucket: true })),
      await attempt(() => sandbox.createBackup({ dir: '/workspace/kept' })),
      await attempt(() => sandbox.mountBucket('BACKUP_BUCKET', '/workspace/m', { localBucket: true })),
      await attempt(() => sandbox.mountBucket('NONE', '/workspace/n', { localBucket: true })),
      await attempt(() => sandbox.unmountBucket('/workspace/m')),
      await attempt(() => sandbox.unmountBucket('/workspace/m')),
    ]
  },
}
