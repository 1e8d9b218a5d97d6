import { access, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { ProtocolError, fileError } from '../protocol/protocol-error.ts'
import type { Call, Route } from '../protocol/route.ts'
import { kindOf } from './file-kind.ts'
import { listDirectory } from './listing.ts'

/** Bytes of one chunk of a file stream: a multiple of three, so that each is whole in base64. */
const CHUNK_BYTES = 65_535

type Fields = Record<string, unknown>

/** A route on one path, whose failed calls become errors of the protocol. */
function onPath(
  path: string,
  operation: string,
  act: (host: string, call: Call) => Promise<Fields | undefined>,
  field = 'path',
): Route {
  return {
    method: 'POST',
    path,
    async answer(call) {
      const asked = call.body.required(field)
      try {
        const fields = await act(call.bench.paths.host(asked), call)
        return fields && { path: asked, ...fields }
      } catch (error) {
        throw fileError(error, operation, asked)
      }
    },
  }
}

async function read(host: string, { body }: Call): Promise<Fields> {
  const content = await readFile(host)
  const kind = kindOf(host, content)
  const wanted = body.text('encoding')
  const isBase64 = wanted === 'base64' || (wanted === undefined && kind.isBinary)
  return {
    content: content.toString(isBase64 ? 'base64' : 'utf8'),
    encoding: isBase64 ? 'base64' : 'utf-8',
    isBinary: kind.isBinary,
    mimeType: kind.mimeType,
    size: content.byteLength,
  }
}

async function* chunks(host: string): AsyncGenerator<Fields> {
  const file = await open(host)
  try {
    const { size } = await file.stat()
    const first = Buffer.alloc(Math.min(size, CHUNK_BYTES))
    await file.read(first, 0, first.byteLength, 0)
    const kind = kindOf(host, first)
    yield { type: 'metadata', size, ...kind }
    const decoder = new TextDecoder()
    let bytesRead = 0
    for await (const chunk of file.createReadStream({
      start: 0,
      highWaterMark: CHUNK_BYTES,
      autoClose: false,
    })) {
      if (!Buffer.isBuffer(chunk)) continue
      bytesRead += chunk.byteLength
      yield {
        type: 'chunk',
        data: kind.isBinary ? chunk.toString('base64') : decoder.decode(chunk, { stream: true }),
      }
    }
    yield { type: 'complete', bytesRead }
  } finally {
    await file.close()
  }
}

/** A file that cannot be read is told in the stream, which has begun by then. */
async function readStream(host: string, { body, stream }: Call): Promise<undefined> {
  const events = stream()
  try {
    await events.sendAll(chunks(host))
  } catch (error) {
    events.send({ type: 'error', error: fileError(error, 'read', body.text('path') ?? '').message })
  }
  events.end()
  return undefined
}

async function write(host: string, { body }: Call): Promise<Fields> {
  const encoding = body.text('encoding') === 'base64' ? 'base64' : 'utf8'
  await mkdir(dirname(host), { recursive: true })
  await writeFile(host, Buffer.from(body.text('content') ?? '', encoding))
  return {}
}

async function remove(host: string, { body }: Call): Promise<Fields> {
  const path = body.required('path')
  if ((await stat(host)).isDirectory())
    throw new ProtocolError('IS_DIRECTORY', `${path} is a directory: remove it with a command`, { path })
  await rm(host)
  return {}
}

const move =
  (to: string) =>
  async (host: string, { bench, body }: Call): Promise<Fields> => {
    const newPath = body.required(to)
    await rename(host, bench.paths.host(newPath))
    return { newPath }
  }

async function makeDirectory(host: string, { body }: Call): Promise<Fields> {
  const recursive = body.flag('recursive') ?? false
  await mkdir(host, { recursive })
  return { recursive }
}

async function list(host: string, { bench, body }: Call): Promise<Fields> {
  const options = body.part('options')
  const files = await listDirectory(bench.paths, host, {
    recursive: options.flag('recursive') ?? false,
    includeHidden: options.flag('includeHidden') ?? false,
  })
  return { files, count: files.length }
}

const isThere = (host: string): Promise<Fields> =>
  access(host).then(
    () => ({ exists: true }),
    () => ({ exists: false }),
  )

export const FILE_ROUTES: readonly Route[] = [
  onPath('/api/read', 'read', read),
  onPath('/api/read/stream', 'read', readStream),
  onPath('/api/write', 'write', write),
  onPath('/api/delete', 'delete', remove),
  onPath('/api/rename', 'rename', move('newPath'), 'oldPath'),
  onPath('/api/move', 'move', move('destinationPath'), 'sourcePath'),
  onPath('/api/mkdir', 'mkdir', makeDirectory),
  onPath('/api/list-files', 'list', list),
  onPath('/api/exists', 'exists', isThere),
]
