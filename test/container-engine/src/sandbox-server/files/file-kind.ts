import { extname } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.ts': 'text/x-typescript',
  '.json': 'application/json',
  '.py': 'text/x-python',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.pdf': 'application/pdf',
}

/** Bytes looked at to tell a binary file from a text, as file(1) does it. */
const SNIFF_BYTES = 8_192

export interface FileKind {
  readonly mimeType: string
  readonly isBinary: boolean
  readonly encoding: 'utf-8' | 'base64'
}

export function kindOf(path: string, content: Buffer): FileKind {
  const isBinary = content.subarray(0, SNIFF_BYTES).includes(0)
  const mimeType = TYPES[extname(path)] ?? (isBinary ? 'application/octet-stream' : 'text/plain')
  return { mimeType, isBinary, encoding: isBinary ? 'base64' : 'utf-8' }
}
