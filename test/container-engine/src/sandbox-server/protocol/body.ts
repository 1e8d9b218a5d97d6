import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

import { ProtocolError } from './protocol-error.ts'

/** The JSON body of a request, read field by field: nothing in it is trusted. */
export class Body {
  readonly #fields: Readonly<Record<string, unknown>>

  private constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields
  }

  static async read(request: IncomingMessage): Promise<Body> {
    const sent = await text(request)
    if (sent === '') return new Body({})
    try {
      const parsed: unknown = JSON.parse(sent)
      return new Body(typeof parsed === 'object' && parsed !== null ? { ...parsed } : {})
    } catch {
      throw new ProtocolError('VALIDATION_FAILED', 'the body is not JSON')
    }
  }

  text(name: string): string | undefined {
    const value = this.#fields[name]
    return typeof value === 'string' ? value : undefined
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === undefined || value === '')
      throw new ProtocolError('VALIDATION_FAILED', `${name} is required and must be a non-empty string`)
    return value
  }

  number(name: string): number | undefined {
    const value = this.#fields[name]
    return typeof value === 'number' ? value : undefined
  }

  flag(name: string): boolean | undefined {
    const value = this.#fields[name]
    return typeof value === 'boolean' ? value : undefined
  }

  texts(name: string): string[] {
    const value = this.#fields[name]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  }

  part(name: string): Body {
    const value = this.#fields[name]
    return new Body(typeof value === 'object' && value !== null ? { ...value } : {})
  }

  /** A record of strings, such as an environment; a value that is null unsets. */
  record(name: string): Record<string, string | undefined> {
    const fields = this.part(name).#fields
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? value : undefined]),
    )
  }
}
