import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Workbench } from '../workbench.ts'
import { Terminal } from './terminal.ts'
import { WebSocketConnection } from './web-socket.ts'

const SIZE = { columns: 80, rows: 24 } as const
const SHELLS = new Set(['bash', 'sh', 'zsh', '/bin/bash', '/bin/sh', '/bin/zsh'])
const CLOSE = { normal: 1000, failed: 1011 } as const

const sizeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined

/** Text messages control the terminal: `{type: 'resize', cols, rows}`. */
function control(terminal: Terminal, socket: WebSocketConnection, text: string): void {
  const refuse = (message: string): void => socket.sendText(JSON.stringify({ type: 'error', message }))
  try {
    const { type, cols, rows }: Record<string, unknown> = JSON.parse(text)
    const [columns, lines] = [sizeOf(cols), sizeOf(rows)]
    if (type !== 'resize') return
    if (columns === undefined || lines === undefined)
      return refuse('Invalid dimensions: cols and rows must be positive')
    terminal.resize(columns, lines)
  } catch {
    refuse('Invalid control message')
  }
}

/** `/ws/pty?sessionId=…`: a shell where that session is; binary messages are its input and output. */
export async function attachTerminal(
  bench: Workbench,
  request: IncomingMessage,
  raw: Duplex,
  head: Buffer,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox')
  if (pathname !== '/ws/pty') return void raw.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
  const socket = new WebSocketConnection(request, raw, head)
  const shell = searchParams.get('shell') ?? 'bash'
  if (!SHELLS.has(shell)) {
    socket.sendText(JSON.stringify({ type: 'error', message: `Unknown shell: ${shell}` }))
    return socket.close(CLOSE.failed)
  }
  const state = await bench.sessions.with(searchParams.get('sessionId') ?? undefined, (one) => one.state())
  const terminal = new Terminal({
    ...state,
    shell,
    columns: Number(searchParams.get('cols') ?? SIZE.columns),
    rows: Number(searchParams.get('rows') ?? SIZE.rows),
  })
  terminal.onOutput = (bytes) => socket.sendBinary(bytes)
  terminal.onEnd = () => socket.close(CLOSE.normal)
  socket.onBinary = (bytes) => terminal.write(bytes)
  socket.onText = (text) => control(terminal, socket, text)
  socket.onClose = () => terminal.end()
  socket.sendText(JSON.stringify({ type: 'ready' }))
  socket.open()
}
