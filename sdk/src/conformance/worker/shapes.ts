/**
 * The helpers of the 1.x package by their documented shapes, since that package cannot be installed: with the commands
 * they need on a container, and a directory of it for a bucket.
 */

/** As documented: recognised by `SandboxFileError.is`, not by its class. */
export class SandboxFileError extends Error {
  readonly code: string
  readonly operation: string
  readonly path: string

  constructor(code: string, operation: string, path: string) {
    super(`${operation} ${path}: ${code}`)
    this.name = 'SandboxFileError'
    this.code = code
    this.operation = operation
    this.path = path
  }

  static is(error: unknown): error is SandboxFileError {
    return error instanceof Error && error.name === 'SandboxFileError'
  }
}

class Shape {
  readonly #container: Container

  constructor(container: Container) {
    this.#container = container
  }

  protected async script(operation: string, script: string, args: string[], input = ''): Promise<string> {
    const stdin = new Blob([input]).stream()
    const process = await this.#container.exec(['sh', '-ec', script, operation, ...args], { stdin })
    const { stdout, exitCode } = await process.output()
    if (exitCode !== 0) throw new SandboxFileError('ENOENT', operation, args[0] ?? '')
    return new TextDecoder().decode(stdout)
  }
}

export class Files extends Shape {
  async readFile(path: string): Promise<Response> {
    return new Response(await this.script('readFile', 'cat "$1"', [path]), { headers: { 'x-kind': 'file' } })
  }
  async writeFile(path: string, content: string | ArrayBuffer | Blob): Promise<void> {
    await this.script('writeFile', 'cat > "$1"', [path], await new Blob([content]).text())
  }
  async stat(path: string): Promise<{ size: number; isDirectory: boolean }> {
    const [size, kind] = (await this.script('stat', 'stat -L -c "%s %F" "$1"', [path])).trim().split(' ')
    return { size: kind === 'directory' ? 0 : Number(size), isDirectory: kind === 'directory' }
  }
  async lstat(path: string): Promise<{ isLink: boolean }> {
    return { isLink: (await this.script('lstat', 'stat -c %F "$1"', [path])).startsWith('symbolic') }
  }
  async readDirectory(path: string): Promise<string[]> {
    return (await this.script('readDirectory', 'ls "$1"', [path])).trim().split('\n')
  }
  async mkdir(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    await this.script('mkdir', options.recursive === true ? 'mkdir -p "$1"' : 'mkdir "$1"', [path])
  }
  async rename(from: string, to: string): Promise<void> {
    await this.script('rename', 'mv "$1" "$2"', [from, to])
  }
  async remove(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    await this.script('remove', options.recursive === true ? 'rm -r "$1"' : 'rm "$1"', [path])
  }
}

interface BackupRecord {
  readonly id: string
  readonly dir: string
  readonly size: number
}

export class DirectoryBackup extends Shape {
  async backup({ dir }: { dir: string }): Promise<BackupRecord> {
    const size = await this.script(
      'backup',
      'tar -cf "$TMPDIR/b.tar" -C "$1" . && stat -c %s "$TMPDIR/b.tar"',
      [dir],
    )
    return { id: 'b', dir, size: Number(size) > 0 ? 1 : 0 }
  }
  async restore(record: BackupRecord, options: { dir?: string } = {}): Promise<void> {
    await this.script('restore', 'tar -xf "$TMPDIR/$2.tar" -C "$1"', [options.dir ?? record.dir, record.id])
  }
  async delete({ id }: BackupRecord): Promise<void> {
    await this.script('delete', 'rm "$TMPDIR/$1.tar"', [id])
  }
  intercept(): Promise<string> {
    return Promise.resolve('intercepted')
  }
}

export class S3Mount extends Shape {
  async mount({ mountPath }: { mountPath: string }): Promise<void> {
    await this.script('mount', 'mkdir "$1"', [mountPath])
  }
  async unmount(mountPath: string): Promise<void> {
    await this.script('unmount', 'rmdir "$1"', [mountPath])
  }
  intercept(): Promise<string> {
    return Promise.resolve('intercepted')
  }
}
