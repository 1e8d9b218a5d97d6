import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** Fixed by RFC 6455, section 1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
const LENGTH_16 = 126
const LENGTH_64 = 127

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
  /** Bytes of it on the wire. */
  readonly size: number
}

/** The first whole frame of what has come; undefined while it is not whole. Messages in parts are not needed here. */
function parseFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1) & 0x7f
  const lengthBytes = { [LENGTH_16]: 2, [LENGTH_64]: 8 }[short] ?? 0
  const head = 2 + lengthBytes + 4
  if (bytes.length < head) return undefined
  const length =
    lengthBytes === 0 ? short : bytes.readUIntBE(lengthBytes === 2 ? 2 : 4, lengthBytes === 2 ? 2 : 6)
  if (bytes.length < head + length) return undefined
  const mask = bytes.subarray(head - 4, head)
  const payload = Buffer.from(bytes.subarray(head, head + length))
  for (let index = 0; index < payload.length; index++) {
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0)
  }
  return { opcode: bytes.readUInt8(0) & 0x0f, payload, size: head + length }
}

function frame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length
  const head =
    length < LENGTH_16 ? Buffer.from([0x80 | opcode, length]) : Buffer.alloc(length < 65_536 ? 4 : 10)
  if (length >= LENGTH_16) {
    head.writeUInt8(0x80 | opcode, 0)
    head.writeUInt8(length < 65_536 ? LENGTH_16 : LENGTH_64, 1)
    head.writeUIntBE(length, length < 65_536 ? 2 : 4, length < 65_536 ? 2 : 6)
  }
  return Buffer.concat([head, payload])
}

/** The server's end of a web socket (RFC 6455), as far as a terminal needs it. */
export class WebSocketConnection {
  onBinary: (bytes: Buffer) => void = () => {}
  onText: (text: string) => void = () => {}
  onClose: () => void = () => {}
  readonly #socket: Duplex
  #pending: Buffer

  /** @param head what came with the request */
  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const key = `${request.headers['sec-websocket-key'] ?? ''}${KEY_SUFFIX}`
    const accept = createHash('sha1').update(key).digest('base64')
    this.#socket = socket
    this.#pending = head
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.on('error', () => socket.destroy()).on('close', () => this.onClose())
  }

  /** Begins to hear messages: what came before waits until then. */
  open(): void {
    this.#take(Buffer.alloc(0))
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  sendText(text: string): void {
    this.#socket.write(frame(OPCODE.text, Buffer.from(text)))
  }

  sendBinary(bytes: Buffer): void {
    this.#socket.write(frame(OPCODE.binary, bytes))
  }

  /** @param code e.g. 1000, normal; 1011, an error of the server */
  close(code: number): void {
    const payload = Buffer.alloc(2)
    payload.writeUInt16BE(code)
    if (this.#socket.writable) this.#socket.end(frame(OPCODE.close, payload))
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    for (let next = parseFrame(this.#pending); next !== undefined; next = parseFrame(this.#pending)) {
      this.#pending = this.#pending.subarray(next.size)
      this.#hear(next)
    }
  }

  #hear({ opcode, payload }: Frame): void {
    if (opcode === OPCODE.binary) this.onBinary(payload)
    if (opcode === OPCODE.text) this.onText(payload.toString('utf8'))
    if (opcode === OPCODE.ping) this.#socket.write(frame(OPCODE.pong, payload))
    if (opcode === OPCODE.close) this.#socket.end(frame(OPCODE.close, payload.subarray(0, 2)))
  }
}
