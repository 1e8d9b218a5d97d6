import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor, isSecretName } from './redaction.ts'
import { redactNamed } from './redaction/names.ts'
import { redactKeyBlocks, redactShapes, secretShapes, type SecretShape } from './redaction/shapes.ts'
import { bytesMayHoldSecret, mayHoldSecret, separators } from './redaction/suspicion.ts'
import { redactCommands, redactUrls } from './redaction/urls.ts'
import { attr, event } from './semconv.ts'

const redact = createRedactor()
const MARK = /\[redacted:[a-z-]+\]/

/** What is cut is written as ‹…›; the rest must stay exactly. */
const planted: readonly string[] = [
  'curl -H "Authorization: Bearer ‹abc›" https://api.example',
  "curl -H 'authorization: token ‹abc›' https://api.example",
  'Authorization: Basic ‹dXNlcjpwYXNz›',
  'proxy-authorization=‹abc›',
  'curl -H "Cookie: ‹a=b; c=d›" https://api.example',
  'set-cookie: ‹sid=1; Path=/›\nnext: header',
  'x-api-key: ‹1234›',
  'git clone https://ci:‹s3cr3t›@code.example/shop.git',
  'postgres://app:‹p@ss›@db:5432/shop',
  'https://‹9f86D081884c7d659A2feaa0›@code.example/x',
  'export API_TOKEN=‹abc› && ./deploy.sh',
  'PGPASSWORD=‹abc› psql -h db',
  'SECRET_KEY="‹unterminated value›',
  "TOKEN_2='‹two words›' run",
  'login --password ‹hunter2› --user me',
  'login -password=‹hunter2›',
  'curl -u me:‹pw› https://api.example',
  'curl --user "me:‹pw›" https://api.example',
  'curl -ume:‹pw› https://api.example',
  "curl -s '-ume:‹pw›' https://api.example",
  String.raw`login --password '‹hunter'\''2-very-secret›'`,
  String.raw`env 'DB_PASSWORD=‹abc'\''def-tail›'`,
  String.raw`sh -c 'export DB_PASSWORD='\''‹abc def›'\''; run'`,
  String.raw`sh -c 'curl -H '\''Authorization: Bearer ‹abc-short›'\'' https://x'`,
  "curl -H 'Authorization: ‹Bot MTk4.Cl2FMQ.ZnCjm1› ' x".replace('› ', '›'),
  'curl -H "Authorization: ‹Key 3f2a9c:part›" x',
  `curl -H 'Authorization: Digest ‹username="u", realm="r", response="66"›' https://x`,
  'Authorization: Digest ‹username="u", response="6629"›\nnext: header',
  String.raw`{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"password\\\\\\\":\\\\\\\"‹hunter2›\\\\\\\"}\\\"}\"}`,
  `git clone https://user:‹${'aB3x'.repeat(300)}›@code.example/x`,
  'mysql -h db -uroot -p‹pw› shop',
  'sshpass -p ‹pw› ssh host',
  'npm config set //registry.example/:_authToken=‹abc-def›',
  'https://api.example/cb?access_token=‹abc›&state=7',
  'password=‹a,b;c&d› next',
  'client_secret=‹abc›&grant_type=code',
  '{"password":"‹hun\\"ter2›","user":"me"}',
  String.raw`{\"apiKey\":\"‹abc›\",\"n\":1}`,
  '{"clientSecret": 12345, "n": 1}'.replace('12345', '‹12345›'),
  "{'db_password': '‹abc›'}",
  'connection_string: ‹Server=db›;Password=‹x›',
  'the token is ‹9f86d081884c7d659a2feaa0c55ad015›',
  'key=‹9f86d081884c7d659a2feaa0c55ad015›',
  '--auth ‹Zm9vYmFyMTIzNDU2Nzg5MGFi›',
]

const innocent: readonly string[] = [
  'npm test -- --run src/auth/session.test.ts',
  'git log --author=me --format=%H',
  'docker run -u 1000:1000 -p 80:80 image',
  'login --password-stdin --token-file=/run/token',
  'PASSWORD=$PASSWORD TOKEN=${TOKEN} ./run.sh',
  'PASSWORD=$(cat /run/secrets/password) ./run.sh',
  'token=null, secret: "", password=***',
  'PWD=/workspace OLDPWD=/ npm test',
  '# pass 12\n# fail 0\npass: 12',
  'the token bucket is empty; the session ended; key facts: none',
  'max_tokens=512 tokens: 90000 tokenizer=cl100k',
  'https://code.example/acme/shop?page=2 mailto:me@example.com',
  'ssh://git@code.example/shop.git',
  'task-9b2e prm_3c4d5e toolu_0123456789abcdef',
  '5f0c9f86d081884c7d659a2feaa0c55ad0155f0c9f86d081884c7d659a2feaa0',
  'sandbox.secret.name is NPM, secret allowed',
]

const expected = (text: string): string => text.replace(/‹[^›]*›/gs, '⟦⟧')
const withoutMarks = (text: string): string => text.replace(new RegExp(MARK, 'g'), '⟦⟧')

describe('redaction', () => {
  test.each(planted)('cuts exactly the secret of %s', (text) => {
    expect(withoutMarks(redact(text.replace(/[‹›]/g, '')))).toBe(expected(text))
  })

  test.each(innocent)('leaves %s as it is', (text) => {
    expect(redact(text)).toBe(text)
  })

  test('a private key is cut to its end, or to the end of the text when that was cut off', () => {
    const begin = '-----BEGIN RSA PRIVATE KEY-----'
    expect(redact(`a\n${begin}\nMIIE\n-----END RSA PRIVATE KEY-----\nb`)).toBe('a\n[redacted:private-key]\nb')
    expect(redact(`a ${begin}\nMIIE`)).toBe('a [redacted:private-key]')
  })

  test('a secret of every known shape is cut wherever a word may start', () => {
    fc.assert(
      fc.property(
        shapedSecret(),
        fc.constantFrom('', ' ', '"', '=', '/', 'see:\n', 'é'),
        (secret, before) => {
          const clean = redact(`${before}${secret} behind`)
          expect(clean).toMatch(MARK)
          expect(clean).not.toContain(secret.slice(-8))
          expect(clean.endsWith(' behind')).toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('a registered value is cut wherever it stands, also as it looks in a URL, in JSON and in base64', () => {
    const secretValue = fc.string({ unit: 'binary', minLength: 6, maxLength: 40 })
    fc.assert(
      fc.property(secretValue, fc.string(), fc.string(), (secret, before, after) => {
        const text = `${before} ${secret} ${Buffer.from(secret).toString('base64')} ${JSON.stringify(secret)} ${after}`
        const clean = createRedactor({ secrets: ['longer than any', secret] })(text)
        expect(clean.match(/\[redacted:registered\]/g)?.length ?? 0).toBeGreaterThanOrEqual(3)
      }),
    )
  })

  test('a registered value is cut at every place in a longer base64, and between the quotes of a shell', () => {
    const secret = "hunter2'long-secret"
    const clean = createRedactor({ secrets: [secret] })
    for (const before of ['', 'u', 'us', 'user:']) {
      const text = Buffer.from(`${before}${secret}\n`).toString('base64')
      expect(clean(text)).toContain('[redacted:registered]')
    }
    expect(clean(String.raw`login 'hunter2'\''long-secret'`)).toBe("login '[redacted:registered]'")
  })

  test('too short registered values are ignored, and a longer one wins over its part', () => {
    expect(createRedactor({ secrets: ['npm'] })('npm test')).toBe('npm test')
    expect(createRedactor({ secrets: ['abcdef', 'abcdefgh'] })('abcdefgh')).toBe('[redacted:registered]')
  })

  test('what is redacted stays as it is when it is redacted again', () => {
    for (const text of planted) expect(redact(redact(text))).toBe(redact(text))
    fc.assert(
      fc.property(hostileText(), (text) => {
        const once = redact(text)
        expect(redact(once)).toBe(once)
      }),
      { numRuns: 5000 },
    )
  })

  test('what the quick look does not suspect, over characters or over bytes, no rule cuts', () => {
    const rules = [redactNamed, redactShapes, redactKeyBlocks, redactUrls, redactCommands]
    fc.assert(
      fc.property(hostileText(), (text) => {
        const bytes = new TextEncoder().encode(text)
        const separated = Array.from(separators).some((separator) => text.includes(separator))
        const suspected = [mayHoldSecret(text), bytesMayHoldSecret(bytes, 0, bytes.length, separated)]
        const cut = rules.some((rule) => rule(text) !== text)
        expect(suspected).toEqual([cut || suspected[0], cut || suspected[1]])
      }),
      { numRuns: 10_000 },
    )
  })

  test('no name of the telemetry contract is taken for a secret, names of secrets are', () => {
    expect([...Object.values(attr), ...Object.values(event)].filter(isSecretName)).toEqual([])
    const secret = [
      'db.password',
      'http.request.header.authorization',
      'aws.secretKey',
      'accessToken',
      'TOKEN_2',
    ]
    expect(secret.filter(isSecretName)).toEqual(secret)
    expect(['gen_ai.usage.input_tokens', 'cache.key', 'http.route'].filter(isSecretName)).toEqual([])
  })

  test('takes time in proportion to the text, whatever the text', () => {
    const short = 50_000
    const NOISE_MS = 5
    for (const unit of hostileUnits) {
      const time = (length: number): number => {
        const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
        const before = process.cpuUsage()
        redact(text)
        const { user, system } = process.cpuUsage(before)
        return (user + system) / 1000
      }
      time(short)
      // Quadratic work on ten times the text would take a hundred times as long.
      const linearMs = 10 * Math.max(time(short), NOISE_MS)
      expect({ unit, linear: time(10 * short) < 4 * linearMs }).toEqual({ unit, linear: true })
    }
  })
})

const hostileUnits: readonly string[] = [
  'a',
  ' ',
  '-',
  '"',
  '\\"',
  'token=',
  'token ',
  'token "',
  'key=',
  'key= ',
  'pwd=/',
  'password=$(',
  'password="',
  `password='"`,
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  'sk-',
  '-eyJ',
  '://',
  '://a:b',
  '@',
  ' -u a',
  'mysql ',
  'cookie: ',
  'authorization: bearer ',
  'token=a,b',
  '--token --',
]

function shapedSecret(): fc.Arbitrary<string> {
  return fc.constantFrom(...secretShapes).chain((shape) => {
    const alphabet = charactersOf(shape)
    const body = fc.array(fc.constantFrom(...alphabet), {
      minLength: Math.max(shape.min, 8),
      maxLength: shape.min + 60,
    })
    return fc
      .tuple(fc.constantFrom(...shape.prefixes), body)
      .map(([prefix, chars]) => prefix + chars.join(''))
  })
}

function charactersOf({ alphabet }: SecretShape): string[] {
  const member = new RegExp(`[${alphabet}]`)
  return Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((char) =>
    member.test(char),
  )
}

/** Text made of what the rules look for. */
function hostileText(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      ...hostileUnits,
      ...planted.map((text) => text.replace(/[‹›]/g, '')),
      '[redacted:secret]',
      '\n',
      '=',
      ':',
      'é',
    ),
    fc.string({ maxLength: 8 }),
    shapedSecret(),
  )
  return fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
}
