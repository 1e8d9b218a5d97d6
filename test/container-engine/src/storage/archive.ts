import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import type { Readable, Writable } from 'node:stream'

/** Writes the files below a directory as a tar stream, using the machine's tar(1). */
export async function packDirectory(directory: string, sink: Writable): Promise<void> {
  const tar = spawn('tar', ['-c', '-C', directory, '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await pipeline(tar.stdout, sink)
}

/**
 * Unpacks a tar stream into an existing directory.
 * @throws when tar fails.
 */
export async function unpackInto(directory: string, source: Readable): Promise<void> {
  const tar = spawn('tar', ['-x', '-C', directory], { stdio: ['pipe', 'ignore', 'inherit'] })
  const exit = once(tar, 'exit')
  await pipeline(source, tar.stdin)
  const [code]: unknown[] = await exit
  if (code !== 0) throw new Error(`tar could not unpack into ${directory}: exit code ${String(code)}`)
}
