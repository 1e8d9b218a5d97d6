/** Remembers within one request what is known of the sandbox that was asked for last. */
import type { SandboxContext, Sandboxes } from '../enrich/sandbox-context.ts'
import { appendBytes, encodeString } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import { sameRange, stringAt } from './encoded-string.ts'
import { completedColumns } from './promoted.ts'

/** Known values by the index of their promoted column, encoded. */
export interface EncodedContext {
  readonly found: boolean
  /** Bit i: there is a value for column i. */
  readonly mask: number
  readonly values: readonly (ByteStream | undefined)[]
  readonly instanceType: string
}

const unknown: EncodedContext = { found: false, mask: 0, values: [], instanceType: '' }

export class SandboxMemo {
  readonly #sandboxes: Sandboxes
  readonly #id = new ByteStream()
  #tenantId = ''
  #context = unknown

  constructor(sandboxes: Sandboxes) {
    this.#sandboxes = sandboxes
  }

  begin(tenantId: string): void {
    this.#tenantId = tenantId
    this.#id.length = 0
  }

  /** What is known of the sandbox whose id is the last string of `ids`, from `at` on. */
  find(ids: ByteStream, at: number): EncodedContext {
    if (sameRange(ids, at, ids.length, this.#id)) return this.#context
    this.#id.length = 0
    appendBytes(this.#id, ids, at, ids.length - at)
    this.#context = encode(this.#sandboxes.find(this.#tenantId, stringAt(ids, at)))
    return this.#context
  }
}

function encode(context: SandboxContext | undefined): EncodedContext {
  if (!context) return unknown
  const values: (ByteStream | undefined)[] = []
  let mask = 0
  for (const { index, field } of completedColumns) {
    if (context[field] === '') continue
    values[index] = encodeString(context[field])
    mask |= 1 << index
  }
  return { found: true, mask, values, instanceType: context.instanceType }
}
