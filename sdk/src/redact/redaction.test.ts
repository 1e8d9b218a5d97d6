import { json } from '../json/index.ts'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTestParts } from '../testing/test-sandglass.ts'
import { startOtlpReceiver } from '../testing/otlp-receiver.ts'
import { clip } from './clip.ts'

const secrets = fc.string({
  unit: fc.constantFrom(...Array.from('abcdefghijkmnpqrstuvwxyz23456789-_/+="\'')),
  minLength: 12,
  maxLength: 40,
})

test('a registered secret leaves nowhere, whichever string of an operation carries it', async () => {
  const receiver = await startOtlpReceiver()
  try {
    await fc.assert(
      fc.asyncProperty(secrets, fc.constantFrom('protobuf', 'json'), async (secret, encoding) => {
        const { sandglass, container, bare } = createTestParts(receiver, {
          encoding: encoding === 'json' ? json : 'protobuf',
          content: { prompts: true, toolArguments: true, toolResults: true },
          commands: () => ({ stdout: secret, exitCode: 1 }),
        })
        sandglass.secrets.register(secret)
        const spec = {
          class: secret,
          team: secret,
          tier: 'A',
          agent: secret,
          conversationId: secret,
        } as const
        await sandglass
          .task({ ...spec, repositoryUrl: `https://u:${secret}@h.example/x` }, async (task) => {
            await task.prompt(
              { text: `say ${secret}`, source: 'user', model: secret, ref: secret },
              (prompt) => {
                prompt.answer(`it is ${secret}`)
                prompt.usage({ inputTokens: 1, outputTokens: 1, responseId: secret })
              },
            )
            await task.tool(secret, { deep: { key: secret } }, () => ({ result: [secret] }), {
              callId: secret,
            })
            await (await container.exec([secret, secret], { cwd: secret, env: { A: secret } })).output()
            task.change({ repositoryUrl: secret, id: secret, commit: secret })
            task.artifact({ path: secret, sha256: secret })
            bare.running = true
            throw new TypeError(secret, { cause: secret })
          })
          .catch(() => {})
        const { spansAcked, eventsAcked } = await sandglass.flush()
        expect(spansAcked + eventsAcked).toBeGreaterThan(7)
        const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]
        const sent = receiver.requests.map(({ body }) => body.toString('utf8')).join('\n')
        for (const form of forms) expect(sent).not.toContain(form)
      }),
      { numRuns: 40 },
    )
  } finally {
    await receiver.stop()
  }
}, 60_000)

test('a rule of the user is applied last, and one that throws withholds the text', async () => {
  const receiver = await startOtlpReceiver()
  const redact = (text: string): string => {
    if (text.includes('bad')) throw new Error('broken rule')
    return text.replaceAll('codename', 'project')
  }
  const { sandglass } = createTestParts(receiver, { redact })
  const spec = { class: 'codename zeus', team: 'bad', tier: 'A', agent: 'a' } as const
  await sandglass.task(spec, () => {})
  await sandglass.flush()
  const [span] = receiver.spans
  expect(Object.values(span?.attributes ?? {})).toContain('project zeus')
  expect(receiver.requests.map(({ body }) => body.toString()).join('')).not.toContain('bad')
  await receiver.stop()
})

test('a long string is cut where a gap is, so that no secret is halved', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 500 }), { minLength: 80, maxLength: 200 }),
      (words) => {
        const clean = words.map((word) => word.replaceAll(/[\s"',;&]/g, 'x'))
        const text = clean.join(' ')
        const kept = clip(text)
        expect(text.startsWith(kept)).toBe(true)
        expect([' ', undefined]).toContain(text[kept.length])
      },
    ),
  )
  expect(clip('x'.repeat(1e6)).length).toBeLessThan(32_768)
})
