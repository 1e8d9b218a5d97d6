import { attr } from '@sandglass/schemas/semconv'
import type { Gate } from '../container/sandbox-spec.ts'
import type { KnownSandbox } from '../container/sandboxes.ts'
import { clipFacts } from '../facts.ts'
import type { Guard } from '../guard.ts'
import type { Where } from '../instrument.ts'
import { readText } from '../operations/read.ts'

/** Which sandbox a 0.12 client speaks to; read from the client where it is absent. */
export interface ClientSpec {
  readonly sandboxId?: string | undefined
  readonly sandboxName?: string | undefined
  readonly instanceType?: string | undefined
  readonly gate?: Gate | undefined
}

/** The client's id is an object that renders as text. */
const idOf = (client: object): string => String(Reflect.get(client, 'id'))

/** What is known of the sandbox behind a client: the meter lives in its Durable Object, not here. */
export function clientSandbox(client: object, spec: ClientSpec | undefined, guard: Guard): KnownSandbox {
  const sandboxId = spec?.sandboxId ?? guard(() => idOf(client)) ?? ''
  const where: Where = {
    sandboxId,
    facts: clipFacts({
      [attr.sandboxId]: sandboxId,
      [attr.sandboxName]: spec?.sandboxName ?? guard(() => readText(client, 'name')),
      [attr.instanceType]: spec?.instanceType,
    }),
  }
  return { where: () => where, enter: () => () => {} }
}
