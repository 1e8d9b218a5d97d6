import type { Engine } from '../engine/engine.ts'
import { refuse } from '../errors/clickhouse-error.ts'
import { lex } from '../sql/lexer.ts'
import { ALLOWED_SYSTEM_TABLES, TENANT_SYSTEM_TABLES } from './lists.ts'
import { violation } from './rules.ts'

/** Who reads: the operator of the machine, or someone held to tenants. */
export type Audience = 'operator' | 'tenant'

/** Decides what the read port runs. */
export interface Guard {
  /** @throws ClickHouseError READONLY or ACCESS_DENIED saying why, or the engine's own for a syntax error. */
  admit(sql: string, parameters: ReadonlyMap<string, string>, audience: Audience): Promise<void>
}

/**
 * `readonly = 1` is no boundary in this engine: INTO OUTFILE, KILL, merge() and the function file() pass it.
 * So three walls stand before it: the engine's own parser must call the statement a single read; the rules must
 * pass on the statement as the engine prints it back, where no comment, quote or spelling hides anything; and they
 * must pass on the statement as it was sent.
 */
export async function createGuard(engine: Engine): Promise<Guard> {
  const tableFunctions = new Set(
    (await engine.ask('SELECT lower(name) FROM system.table_functions')).split('\n'),
  )
  return {
    admit: async (sql, parameters, audience) => {
      const systemTables = audience === 'tenant' ? TENANT_SYSTEM_TABLES : ALLOWED_SYSTEM_TABLES
      const rest = { tableFunctions, parameters, systemTables, mayExplain: audience === 'operator' }
      const { statements, reads } = await engine.classify(sql)
      if (statements > 1) throw refuse('SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed).')
      const printed = await engine.print(sql)
      for (const text of [printed, sql]) {
        const reason = violation({ tokens: [...lex(text)], ...rest })
        if (reason !== undefined)
          throw refuse('ACCESS_DENIED', `The read port refuses this statement: ${reason}.`)
      }
      if (!reads) throw refuse('READONLY', 'The read port runs statements that only read.')
    },
  }
}
