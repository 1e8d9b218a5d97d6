/** The disk as the write-ahead log sees it: a port, so that a full or failing one can be put in its place. */
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One file that is appended to. Every call runs off the event loop and rejects with Node's error (`code` says which). */
export interface LogFile {
  /** Writes all of `bytes` at `position`, however often the system writes short. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Returns once what was written survives a crash of the machine. */
  sync(): Promise<void>
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

export interface DirectoryEntry {
  readonly name: string
  readonly bytes: number
}

export interface Disk {
  /** Creates a file that must not exist yet; it survives a crash once its directory was synced. */
  create(path: string): Promise<LogFile>
  /** Opens an existing file for truncation. */
  open(path: string): Promise<LogFile>
  read(path: string): Promise<Buffer>
  /** Writes a small file so that it is either the old or the new one after a crash. Mode 0600. */
  replace(path: string, text: string): Promise<void>
  list(directory: string): Promise<readonly DirectoryEntry[]>
  listDirectories(directory: string): Promise<readonly string[]>
  /** Removes a file; one that is not there is fine. */
  remove(path: string): Promise<void>
  makeDirectory(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  freeBytes(path: string): Promise<number>
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
const DIRECTORY_MODE = 0o700
const FILE_MODE = 0o600

export const nodeDisk: Disk = {
  create: async (path) => toLogFile(await open(path, CREATE, FILE_MODE)),
  open: async (path) => toLogFile(await open(path, 'r+')),
  read: (path) => readFile(path),
  replace: replaceFile,
  list: listFiles,
  listDirectories: async (path) =>
    (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  remove: (path) => rm(path, { force: true }),
  makeDirectory: async (path) => {
    await mkdir(path, { recursive: true, mode: DIRECTORY_MODE })
  },
  syncDirectory,
  freeBytes: async (path) => {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
}

const toLogFile = (handle: FileHandle): LogFile => ({
  write: (bytes, position) => writeAll(handle, bytes, position),
  sync: () => handle.datasync(),
  truncate: (size) => handle.truncate(size),
  close: () => handle.close(),
})

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`
  const handle = await open(fresh, 'w', FILE_MODE)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, path)
  await syncDirectory(dirname(path))
}

async function listFiles(directory: string): Promise<readonly DirectoryEntry[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(
    files.map(async ({ name }) => ({ name, bytes: (await stat(join(directory, name))).size })),
  )
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
