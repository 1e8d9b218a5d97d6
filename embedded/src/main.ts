/** The engine process. Its parent starts it, tells it what to serve, and need not be alive to end it. */
import { once } from 'node:events'
import { promisify } from 'node:util'
import type { Start, ToChild, ToParent } from './protocol.ts'
import { serve, type Service } from './serve.ts'

/** How long a stop waits for running inserts when the parent asked for it, and when the parent is gone. */
const STOP_MS = { asked: 60_000, orphaned: 3_000 } as const

const orphaned = once(process, 'disconnect')
const terminated = once(process, 'SIGTERM')
/** The terminal sends these to the whole group; when to stop is the parent's decision. */
process.on('SIGINT', () => {})
process.on('SIGHUP', () => {})

const service = await serveOrFail(await startMessage())
await tell(service.ready)
void orphaned.then(() => setTimeout(endNow, STOP_MS.orphaned))
await Promise.race([once(process, 'message'), terminated, orphaned])
setTimeout(endNow, STOP_MS.asked)
await service.stop()
process.exit(0)

async function startMessage(): Promise<Start> {
  const [message]: ToChild[] = await once(process, 'message')
  if (message?.type === 'start') return message
  return process.exit(1)
}

async function serveOrFail(start: Start): Promise<Service> {
  try {
    return await serve(start)
  } catch (error) {
    await tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
    return process.exit(1)
  }
}

async function tell(message: ToParent): Promise<void> {
  if (process.connected) await promisify(send)(message)
}

function send(message: ToParent, sent: (error: Error | null) => void): void {
  process.send?.(message, undefined, undefined, sent)
}

/** Exit handlers would wait for statements that still run; what they have not committed is dropped at the next start. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL')
}
