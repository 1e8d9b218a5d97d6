import { expect, test } from 'vitest'
import { bindParameters } from './parameters.ts'

const sandbox = { name: 'sandbox', type: 'String', description: 'sandbox of the alert' }
const task = { name: 'task', type: 'String', description: 'task of the alert' }
const hours = { name: 'hours', type: 'UInt32', description: 'how far back to look', defaultValue: '24' }
const denials = { name: 'denials', description: 'Denied accesses', sql: '', parameters: [sandbox, hours] }
const commands = { name: 'commands', description: 'Commands', sql: '', parameters: [task] }
const runbook = {
  name: 'SecretDenied',
  sections: { Meaning: '', Impact: '', Diagnosis: '', Mitigation: '' },
  queries: [denials, commands],
}

test('a given value wins over the default', () => {
  expect(bindParameters(runbook, denials, { sandbox: 'sb' })).toEqual({ sandbox: 'sb', hours: '24' })
  expect(bindParameters(runbook, denials, { sandbox: 'sb', hours: '2' })).toEqual({
    sandbox: 'sb',
    hours: '2',
  })
})

test('a value for another query of the runbook is not an error and is not sent', () => {
  expect(bindParameters(runbook, denials, { sandbox: 'sb', task: 't' })).toEqual({
    sandbox: 'sb',
    hours: '24',
  })
})

test('missing, unknown and malformed values are named together', () => {
  expect(() => bindParameters(runbook, denials, { hours: 'two', box: 'sb' })).toThrow(
    /box: no such parameter[\s\S]*sandbox: missing[\s\S]*"two" is not a whole number/,
  )
})
