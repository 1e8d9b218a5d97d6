import { attempt } from './describe.ts'
import { DirectoryBackup, Files, S3Mount, SandboxFileError } from './shapes.ts'
import { call, callTorn, started, type Scenario } from './stage.ts'

const isFileError = async (step: () => Promise<unknown>): Promise<boolean> => {
  try {
    await step()
    return false
  } catch (error) {
    return SandboxFileError.is(error)
  }
}

/** The helpers of 1.x: their results, errors and kinds. */
export const helperScenarios: Readonly<Record<string, Scenario>> = {
  'Files: every method, its errors': async (stage) => {
    await started(stage)
    const files = stage.helpers.files
    const text = async () => (await files.readFile('/workspace/a')).text()
    return [
      files instanceof Files,
      files.constructor.name,
      await attempt(() => files.mkdir('/workspace/d/e', { recursive: true })),
      await attempt(() => files.writeFile('/workspace/a', 'text')),
      await attempt(() => files.writeFile('/workspace/b', new Blob(['blob']))),
      await attempt(text),
      await attempt(async () => (await files.readFile('/workspace/b')).headers.get('x-kind')),
      await attempt(() => files.stat('/workspace/a')),
      await attempt(() => files.lstat('/workspace/a')),
      await attempt(() => files.readDirectory('/workspace')),
      await attempt(() => files.rename('/workspace/a', '/workspace/c')),
      await attempt(() => files.remove('/workspace/c')),
      await attempt(() => files.remove('/workspace/c')),
      await attempt(() => files.stat('/workspace/none')),
      await isFileError(text),
      await attempt(() => call(files, 'readFile', [])),
      await attempt(() => callTorn(files, 'stat', ['/workspace'])),
    ]
  },
  'DirectoryBackup: save, restore, delete': async (stage) => {
    await started(stage)
    const { files, backup } = stage.helpers
    await files.writeFile('/workspace/kept', '1')
    const record = await backup.backup({ dir: '/workspace' })
    await files.remove('/workspace/kept')
    return [
      backup instanceof DirectoryBackup,
      record,
      await attempt(() => backup.restore(record)),
      await attempt(() => files.readDirectory('/workspace')),
      await attempt(() => backup.restore({ ...record, id: 'none' })),
      await attempt(() => backup.delete(record)),
      await attempt(() => backup.delete(record)),
      await attempt(() => backup.intercept()),
      await attempt(() => call(backup, 'backup', [])),
    ]
  },
  'S3Mount: mount, unmount': async (stage) => {
    await started(stage)
    const { mount } = stage.helpers
    return [
      mount instanceof S3Mount,
      await attempt(() => mount.mount({ mountPath: '/workspace/m' })),
      await attempt(() => mount.mount({ mountPath: '/workspace/m' })),
      await attempt(() => mount.unmount('/workspace/m')),
      await attempt(() => mount.intercept()),
      await attempt(() => call(mount, 'mount', [])),
    ]
  },
}
