import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigError, loadConfig, parseConfig } from './config.ts'

const schema = z.strictObject({
  port: z.int().min(0).max(65_535).default(4318),
  tokens: z.array(z.string().min(8)).default([]),
  clickhouse: z.strictObject({ url: z.url() }),
})

function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(schema, text, env, 'test.yaml')
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('every problem is reported at once, with its path and the value found', () => {
  const problems = problemsOf('port: 70000\ntokens: [short]\nclickhouse: { url: nope }\nextra: 1\n')
  expect(problems).toHaveLength(4)
  expect(problems.join('\n')).toMatch(/port: .*found 70000/)
  expect(problems.join('\n')).toMatch(/tokens\[0\]: /)
  expect(problems.join('\n')).toMatch(/clickhouse\.url: .*found "nope"/)
  expect(problems.join('\n')).toMatch(/extra/)
})

test('the value of a secret is never printed', () => {
  expect(problemsOf('tokens: [hunter2]\n').join()).not.toMatch(/hunter2/)
})

test('a value may come from the environment, and a missing variable is a problem', () => {
  const text = 'clickhouse: { url: "http://${HOST}:8123" }\n'
  expect(parseConfig(schema, text, { HOST: 'db' }, 't')).toEqual({
    port: 4318,
    tokens: [],
    clickhouse: { url: 'http://db:8123' },
  })
  expect(problemsOf(text).join()).toMatch(/clickhouse\.url: environment variable HOST is not set/)
})

test('a file that cannot be read and text that is not YAML are configuration errors', () => {
  expect(() => loadConfig(schema, '/nonexistent/sandglass.yaml', {})).toThrow(ConfigError)
  expect(problemsOf('a: [1').join()).toMatch(/not YAML/)
})
