import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { read } from '../read.ts'
import { resultFacts, text, type Reader } from '../readers.ts'
import { operation } from './define.ts'

/** Code that threw is no failed call: the result says so. */
const errorName: Reader = ([result]) => text(0, 'name')([read(result, 'error')])

export const interpreterOperations = {
  createCodeContext: operation('code.context.create'),
  runCode: operation('code.run', { resultFacts: resultFacts({ [attr.errorType]: errorName }) }),
  runCodeStream: operation('code.run', { answer: 'events' }),
  listCodeContexts: operation('code.context.list'),
  deleteCodeContext: operation('code.context.delete'),
} as const satisfies Record<string, Operation>
