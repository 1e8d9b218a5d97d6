import type { ContainerLike } from '../container/container-like.ts'

const COMMAND = ['df', '-kP', '/']
const BYTES_PER_KIB = 1024
/** File system, its blocks, and how many of them are used: as POSIX has `df -P` print it. */
const LINE = /^\S+\s+\d+\s+(\d+)\s+\d+\s+/m

/** Bytes in use, from what `df -kP` printed. */
export function parseDisk(text: string): number | undefined {
  const used = LINE.exec(text)?.[1]
  return used === undefined ? undefined : Number(used) * BYTES_PER_KIB
}

/** Bytes in use on the container's disk, read once an interval: with a command, on the bare `ctx.container`. */
export function diskOf(container: ContainerLike): () => Promise<number | undefined> {
  return async () => {
    try {
      const process = await container.exec(COMMAND, { stdout: 'pipe', stderr: 'ignore' })
      const { stdout } = await process.output()
      return parseDisk(new TextDecoder().decode(stdout))
    } catch {
      return undefined
    }
  }
}
