/**
 * The workspace as a tar archive in the storage of the sandbox's own Durable Object: complete, verified, and enough
 * for workspaces up to SIZE_BYTES_MAX. The image must have `tar`. Larger ones: a bucket (DirectoryBackup).
 */
import type { Snapshot } from '@sandglass/schemas/governor'
import { createChunker } from './chunker.ts'
import type { GateContainer, GateProcess, GateStorage, WorkspaceBackup } from './ports.ts'

export interface TarBackupOptions {
  readonly container: GateContainer
  readonly storage: GateStorage
  /** Directory that is kept; /workspace when absent. */
  readonly directory?: string | undefined
  /** Largest archive, in bytes; SIZE_BYTES_MAX when absent. */
  readonly sizeBytesMax?: number | undefined
  readonly now?: (() => number) | undefined
}

/** Largest archive kept by default. */
export const SIZE_BYTES_MAX = 256 * 1024 * 1024
/** Bytes of one stored piece; a value of a SQLite-backed object may hold 2 MB. */
const CHUNK_BYTES = 1024 * 1024
const DEFAULT_DIRECTORY = '/workspace'
const PREFIX = 'sandglass:snapshot:'

/** Keeps the workspace as a tar archive in the storage of the sandbox’s own object; complete, and verified. */
export function tarBackup(options: TarBackupOptions): WorkspaceBackup {
  const { container, storage } = options
  const directory = options.directory ?? DEFAULT_DIRECTORY
  const tar = ['tar', '-C', directory]

  const create = async (): Promise<Snapshot> => {
    const id = `snap_${crypto.randomUUID()}`
    const child = await container.exec([...tar, '-cf', '-', '.'], { stdout: 'pipe', stderr: 'ignore' })
    try {
      const { sizeBytes, sha256 } = await store(id, child)
      await assertExit(child, `tar -c of ${directory}`)
      return { id, sizeBytes, sha256, createdAtMs: (options.now ?? Date.now)() }
    } catch (error) {
      child.kill()
      await discard(storage, id)
      throw error
    }
  }

  const store = async (id: string, child: GateProcess) => {
    if (child.stdout === null) throw new Error('tar -c gave no output stream')
    const chunker = createChunker(CHUNK_BYTES)
    const digests: string[] = []
    const write = async (chunk: Uint8Array<ArrayBuffer>): Promise<void> => {
      await storage.put(chunkKey(id, digests.length), chunk)
      digests.push(await digest(chunk))
    }
    let sizeBytes = 0
    for await (const bytes of readAll(child.stdout)) {
      sizeBytes += bytes.byteLength
      assertSize(sizeBytes, options.sizeBytesMax ?? SIZE_BYTES_MAX, directory)
      for (const chunk of chunker.push(bytes)) await write(chunk)
    }
    for (const chunk of chunker.end()) await write(chunk)
    return { sizeBytes, sha256: await digestOfDigests(digests) }
  }

  const verify = async (snapshot: Snapshot): Promise<void> => {
    const digests: string[] = []
    let sizeBytes = 0
    for await (const chunk of chunksOf(storage, snapshot.id)) {
      sizeBytes += chunk.byteLength
      digests.push(await digest(chunk))
    }
    const found = await digestOfDigests(digests)
    if (sizeBytes === 0 || sizeBytes !== snapshot.sizeBytes || found !== snapshot.sha256)
      throw new Error(
        `backup ${snapshot.id} reads back as ${sizeBytes} bytes, ${found}; ` +
          `${snapshot.sizeBytes} bytes, ${snapshot.sha256} were written`,
      )
  }

  const feed = async (snapshot: Snapshot, argument: string, what: string): Promise<void> => {
    const stdin = streamOf(chunksOf(storage, snapshot.id))
    const child = await container.exec([...tar, argument, '-'], { stdin, stdout: 'ignore', stderr: 'ignore' })
    await assertExit(child, what)
  }

  return {
    create,
    verify,
    restore: async (snapshot) => feed(snapshot, '-xpf', `tar -x of ${snapshot.id}`),
    verifyRestored: async (snapshot) => feed(snapshot, '-df', `tar -d of ${snapshot.id}`),
    discard: async (snapshot) => discard(storage, snapshot.id),
  }
}

const chunkKey = (id: string, index: number): string => `${PREFIX}${id}:${String(index).padStart(6, '0')}`

async function* chunksOf(storage: GateStorage, id: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; ; index++) {
    const chunk = await storage.get(chunkKey(id, index))
    if (chunk === undefined) return
    if (!(chunk instanceof Uint8Array)) throw new TypeError(`chunk ${index} of backup ${id} is not bytes`)
    yield new Uint8Array(chunk)
  }
}

async function discard(storage: GateStorage, id: string): Promise<void> {
  for (let index = 0; await storage.delete(chunkKey(id, index)); index++);
}

async function* readAll(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
  })
}

async function assertExit(child: GateProcess, what: string): Promise<void> {
  const exitCode = await child.exitCode
  if (exitCode !== 0) throw new Error(`${what} ended with exit code ${exitCode}`)
}

function assertSize(sizeBytes: number, sizeBytesMax: number, directory: string): void {
  if (sizeBytes > sizeBytesMax)
    throw new RangeError(`${directory} is larger than ${sizeBytesMax} bytes: keep it in a bucket instead`)
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** SHA-256 over the hex digests of the chunks: WebCrypto cannot hash a stream. */
async function digestOfDigests(digests: readonly string[]): Promise<string> {
  return digest(new Uint8Array(new TextEncoder().encode(digests.join('\n'))))
}
