/** Cuts a stream of byte arrays into pieces of one size. */
export interface Chunker {
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>[]
  /** The rest, if there is one. */
  end(): Uint8Array<ArrayBuffer>[]
}

export function createChunker(chunkBytes: number): Chunker {
  let buffer = new Uint8Array(chunkBytes)
  let filled = 0
  return {
    push(bytes) {
      const full: Uint8Array<ArrayBuffer>[] = []
      for (let offset = 0; offset < bytes.byteLength;) {
        const part = bytes.subarray(offset, offset + chunkBytes - filled)
        buffer.set(part, filled)
        filled += part.byteLength
        offset += part.byteLength
        if (filled < chunkBytes) break
        full.push(buffer)
        buffer = new Uint8Array(chunkBytes)
        filled = 0
      }
      return full
    },
    end: () => (filled === 0 ? [] : [buffer.slice(0, filled)]),
  }
}
