import { recordBackup, recordMount } from '../../backup/index.ts'
import { outcomeOf, run, sh, type Play } from './stage.ts'

interface BackupRecord {
  readonly id: string
  readonly dir: string
  readonly size: number
  readonly sha256: string
  readonly format: string
  readonly name?: string
}

/** The shape of the 1.x package's helper; its bucket is a directory of the container. */
class DirectoryBackup {
  readonly #container: Container

  constructor(container: Container) {
    this.#container = container
  }

  async #run(script: string, ...args: string[]): Promise<string> {
    const { exitCode, stdout } = await run(this.#container, ['sh', '-ec', script, 'backup', ...args])
    if (exitCode !== 0) throw Object.assign(new Error(`exit ${exitCode}`), { code: 'BACKUP_NOT_FOUND' })
    return stdout.trim()
  }

  async backup({ dir, name }: { dir: string; name?: string }): Promise<BackupRecord & { expiresAt: string }> {
    const id = crypto.randomUUID()
    const archive = `/tmp/bucket-${id}.tar`
    const size = await this.#run('tar -cf "$1" -C "$2" . && stat -c %s "$1"', archive, dir)
    const [sha256 = ''] = (await this.#run('sha256sum "$1"', archive)).split(' ')
    const record = { id, dir, size: Number(size), sha256, format: 'tar', ...(name && { name }) }
    return { ...record, expiresAt: '2030-01-01T00:00:00.000Z' }
  }

  async restore(record: { id: string; dir: string }, options: { dir?: string } = {}): Promise<void> {
    const archive = `/tmp/bucket-${record.id}.tar`
    await this.#run('test -f "$1" && tar -xf "$1" -C "$2"', archive, options.dir ?? record.dir)
  }

  async delete({ id }: { id: string }): Promise<void> {
    await this.#run('rm "$1"', `/tmp/bucket-${id}.tar`)
  }
}

interface MountOptions {
  readonly mountPath: string
  readonly source: {
    readonly type: 's3'
    readonly endpoint: string
    readonly bucket: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
}

/** The shape of the 1.x package's helper; what is mounted is a directory of the container. */
class S3Mount {
  readonly #container: Container

  constructor(container: Container) {
    this.#container = container
  }

  async mount({ mountPath, source }: MountOptions): Promise<void> {
    const script = 'mkdir -p "/tmp/$1" "$(dirname "$2")" && ln -s "/tmp/$1" "$2"'
    await run(this.#container, ['sh', '-ec', script, 'mount', source.bucket, mountPath])
  }

  async unmount(mountPath: string): Promise<void> {
    await run(this.#container, ['rm', mountPath])
  }
}

const SPEC = { class: 'code_fix', team: 'payments', tier: 'B', agent: 'fixer' } as const

export const storagePlays: Readonly<Record<string, Play>> = {
  async backup({ sandglass, container, bare }) {
    const backup = recordBackup(sandglass, new DirectoryBackup(bare), container)
    return sandglass.task({ ...SPEC, id: 'backup' }, async (task) => {
      await run(container, sh('echo precious > kept.txt; echo other > changed.txt'))
      const record = await backup.backup({ dir: '/workspace', name: 'before' })
      await run(container, sh('rm kept.txt; echo damaged > changed.txt'))
      await task.tool('restore', {}, () => backup.restore(record))
      const { stdout } = await run(container, ['cat', 'kept.txt', 'changed.txt'])
      const missing = await outcomeOf(backup.restore({ ...record, id: 'gone' }))
      await backup.delete(record)
      return { record, stdout, missing, isBackup: backup instanceof DirectoryBackup }
    })
  },

  async mount({ sandglass, container, bare }) {
    const mounts = recordMount(sandglass, new S3Mount(bare), container)
    const credentials = { accessKeyId: 'AK', secretAccessKey: 'mount-secret-value-77' }
    const source = { type: 's3', endpoint: 'https://acc.r2.example', bucket: 'models', credentials } as const
    return sandglass.task({ ...SPEC, id: 'mount', tier: 'C' }, async () => {
      await mounts.mount({ mountPath: '/workspace/models', source })
      const echoed = await run(container, ['echo', credentials.secretAccessKey])
      const written = await run(container, sh('echo x > models/a && cat models/a'))
      await mounts.unmount('/workspace/models')
      const denied = await outcomeOf(mounts.mount({ mountPath: '/workspace/deploy/x', source }))
      return { echoed: echoed.stdout, written: written.stdout, denied }
    })
  },
}
