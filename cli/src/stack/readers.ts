/** Who may read the embedded ClickHouse: tokens, each held to the rows of its tenants. */
import { loadConfig } from '@sandglass/schemas/config'
import { z } from 'zod'

const TOKEN_CHARACTERS_MIN = 16

const readersSchema = z.strictObject({
  readers: z
    .array(
      z.strictObject({
        /** Given as the password; write it as ${NAME} to take it from the environment. */
        token: z.string().min(TOKEN_CHARACTERS_MIN, `a token of at least ${TOKEN_CHARACTERS_MIN} characters`),
        tenants: z
          .array(
            z
              .string()
              .min(1)
              .refine((tenant) => tenant !== '*', 'name the tenants'),
          )
          .min(1),
      }),
    )
    .min(1),
})

export type ReadTenants = Readonly<Record<string, readonly string[]>>

/** Throws ConfigError with every problem. */
export function loadReaders(path: string): ReadTenants {
  const { readers } = loadConfig(readersSchema, path, process.env)
  return Object.fromEntries(readers.map(({ token, tenants }) => [token, tenants]))
}
