import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { createTestParts, type TestParts } from '../testing/test-sandglass.ts'

let receiver: OtlpReceiver
let parts: TestParts
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  parts = createTestParts(receiver, {
    policy: {
      id: 'p',
      version: '1',
      mode: 'enforce',
      tiers: {
        A: {},
        B: {},
        C: { rules: [{ id: 'no-prod', kind: 'secret', match: ['PROD_*'], effect: 'deny' }] },
      },
    },
  })
})
afterEach(() => receiver.stop())

const sh = (script: string): string[] => ['sh', '-c', script]

async function seenIn(...commands: readonly string[][]): Promise<unknown[][]> {
  for (const command of commands) await (await parts.container.exec(command)).output()
  await parts.sandglass.flush()
  return receiver
    .eventsNamed(event.secretAccessed)
    .map(({ attributes }) => [
      attributes[attr.secretName],
      attributes[attr.secretDetection],
      attributes[attr.secretChannel],
    ])
}

describe('a command that uses a secret is told as an access', () => {
  test.each([
    ['by its name in a shell', sh('curl -H "x: $NPM_TOKEN" h')],
    ['by its name in braces', sh('echo ${NPM_TOKEN}')],
    ['by asking for it', ['printenv', 'NPM_TOKEN']],
    ['by its value', ['curl', '-u', 'npm-secret-value-123', 'h']],
  ])('%s', async (_, command) => {
    parts.sandglass.secrets.register('npm-secret-value-123', 'NPM_TOKEN')
    expect(await seenIn(command)).toEqual([['NPM_TOKEN', 'command_text', 'env']])
    const sent = Buffer.concat(receiver.requests.map(({ body }) => body)).toString('latin1')
    expect(sent).not.toContain('npm-secret-value-123')
    expect(receiver.problems()).toEqual([])
  })

  test.each([
    ['a longer name', sh('echo $NPM_TOKENS $MY_NPM_TOKEN')],
    ['a name that is only mentioned', ['echo', 'NPM_TOKEN']],
    ['a path that only begins like the file', ['cat', '/workspace/.env.example', '/other/workspace/.env']],
  ])('but not %s', async (_, command) => {
    parts.sandglass.secrets.register('npm-secret-value-123', 'NPM_TOKEN')
    parts.sandglass.secrets.file('/workspace/.env', 'DOTENV')
    expect(await seenIn(command)).toEqual([])
  })

  test('and by reading a file that holds it, in a command or through the API', async () => {
    const { sandglass, container } = parts
    sandglass.secrets.file('/workspace/.env', 'DOTENV')
    const files = sandglass.files({ readFile: async (path: string) => path }, container)
    await files.readFile('/workspace/.env')
    await files.readFile('/workspace/other')
    expect(await seenIn(sh('cat /workspace/.env | head'))).toEqual([
      ['DOTENV', 'file_read', 'file'],
      ['DOTENV', 'file_read', 'file'],
    ])
  })
})

test('one that the policy denies is told as a violation, and not blocked: the command is not ours to read', async () => {
  await parts.sandglass.secrets.access({ name: 'OTHER', channel: 'env' }, () => undefined)
  parts.sandglass.secrets.register('prod-secret-value', 'PROD_KEY')
  const { exitCode } = await (await parts.container.exec(sh('deploy --key $PROD_KEY'))).output()
  expect(exitCode).toBe(0)
  await parts.sandglass.flush()
  const seen = receiver
    .eventsNamed(event.secretAccessed)
    .find(({ attributes }) => attributes[attr.secretDetection] === 'command_text')
  expect(seen?.attributes).toMatchObject({ [attr.secretRule]: 'no-prod', [attr.secretOutcome]: 'allowed' })
  expect(receiver.eventsNamed(event.policyEvaluated).at(-1)?.attributes).toMatchObject({
    [attr.policyVerdict]: 'deny',
    [attr.policyAction]: 'allowed',
  })
})
