/** Secrets that their issuers made recognisable: a prefix, then random characters. */
import { redactionMark } from './mark.ts'

export interface SecretShape {
  /** Stands in the mark. */
  readonly name: string
  readonly prefixes: readonly string[]
  /** Characters behind the prefix, as inside a regular expression's class. */
  readonly alphabet: string
  /** Fewest of them. */
  readonly min: number
}

const ALNUM = 'A-Za-z0-9'
const WORD = 'A-Za-z0-9_'
const URL_SAFE = String.raw`A-Za-z0-9_\-`
const BASE64 = String.raw`A-Za-z0-9+\/=_\-`
const HEX = 'a-f0-9'
const UPPER = 'A-Z0-9'

const shape = (name: string, prefixes: readonly string[], alphabet: string, min: number): SecretShape => ({
  name,
  prefixes,
  alphabet,
  min,
})

export const secretShapes: readonly SecretShape[] = [
  shape('github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], ALNUM, 20),
  shape('github-token', ['github_pat_'], WORD, 20),
  shape('gitlab-token', ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glsoat-'], `${URL_SAFE}.`, 20),
  shape(
    'slack-token',
    ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxe.', 'xapp-'],
    `${URL_SAFE}.`,
    10,
  ),
  shape(
    'slack-webhook',
    ['hooks.slack.com/services/', 'hooks.slack.com/workflows/'],
    String.raw`${ALNUM}\/_\-`,
    8,
  ),
  shape(
    'discord-webhook',
    ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    String.raw`${URL_SAFE}\/`,
    20,
  ),
  // Also Anthropic's sk-ant-, and others that took over the form.
  shape('model-api-key', ['sk-'], URL_SAFE, 20),
  shape('model-api-key', ['gsk_', 'xai-', 'pplx-', 'nvapi-', 'hf_', 'r8_', 'csk-'], URL_SAFE, 20),
  shape(
    'stripe-key',
    ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'],
    String.raw`${ALNUM}+\/=`,
    10,
  ),
  shape('aws-key-id', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], UPPER, 16),
  shape('aws-key', ['bedrock-api-key-', 'ABSK'], BASE64, 40),
  shape('google-key', ['AIza'], URL_SAFE, 30),
  shape('google-token', ['ya29.', 'GOCSPX-', '1//0'], URL_SAFE, 20),
  shape('jwt', ['eyJ'], `${URL_SAFE}.=`, 20),
  shape('npm-token', ['npm_'], ALNUM, 30),
  shape('pypi-token', ['pypi-AgE'], URL_SAFE, 20),
  shape('rubygems-key', ['rubygems_'], HEX, 32),
  shape('docker-token', ['dckr_pat_', 'dckr_oat_'], URL_SAFE, 20),
  shape('digitalocean-token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], HEX, 40),
  shape('cloudflare-token', ['cfut_', 'cfat_', 'cfk_', 'v1.0-'], URL_SAFE, 24),
  shape('sendgrid-key', ['SG.'], `${URL_SAFE}.`, 30),
  shape('shopify-token', ['shpat_', 'shpss_', 'shpca_', 'shppa_'], ALNUM, 20),
  shape('linear-key', ['lin_api_', 'lin_oauth_'], ALNUM, 20),
  shape('notion-token', ['ntn_', 'secret_'], ALNUM, 30),
  shape('figma-token', ['figd_', 'figu_'], URL_SAFE, 20),
  shape('atlassian-token', ['ATATT3', 'ATCTT3', 'ATBB'], BASE64, 20),
  shape('vault-token', ['hvs.', 'hvb.', 'hvr.'], URL_SAFE, 20),
  shape('databricks-token', ['dapi'], String.raw`${HEX}\-`, 32),
  shape('postman-key', ['PMAK-'], String.raw`${HEX}\-`, 30),
  shape('sentry-token', ['sntrys_', 'sntryu_'], BASE64, 20),
  shape('newrelic-key', ['NRAK-', 'NRII-'], URL_SAFE, 20),
  shape('grafana-token', ['glsa_', 'glc_'], BASE64, 20),
  shape('datadog-key', ['ddpat_', 'ddapp_'], ALNUM, 20),
  shape('doppler-token', ['dp.pt.', 'dp.st.', 'dp.sa.', 'dp.ct.'], String.raw`${ALNUM}._\-`, 20),
  shape('pulumi-token', ['pul-'], HEX, 40),
  shape('tailscale-key', ['tskey-'], URL_SAFE, 16),
  shape('fly-token', ['FlyV1 ', 'fm2_', 'fm1a_', 'fo1_'], `${BASE64},`, 20),
  shape('supabase-key', ['sbp_', 'sb_secret_'], URL_SAFE, 20),
  shape('planetscale-token', ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], URL_SAFE, 20),
  shape('age-key', ['AGE-SECRET-KEY-1'], UPPER, 40),
  shape('mailchimp-key', ['mandrill-'], URL_SAFE, 20),
  shape('azure-signature', ['?sig=', '&sig='], `${BASE64}%`, 20),
  shape('signed-url', ['X-Amz-Signature=', 'X-Goog-Signature='], HEX, 32),
  shape('square-token', ['sq0atp-', 'sq0csp-'], URL_SAFE, 20),
]

const STARTS_WORD = /^[A-Za-z0-9]/

const escape = (text: string): string => text.replace(/[.?+/]/g, String.raw`\$&`)

const patterns = (select: (prefix: string) => boolean): string =>
  secretShapes
    .flatMap(({ prefixes, alphabet, min }) =>
      prefixes.filter(select).map((prefix) => `${escape(prefix)}[${alphabet}]{${min},}`),
    )
    .join('|')

// Every alternative is a constant, then one greedy class and nothing behind it: linear on any text.
const anyShape = new RegExp(
  `(?<![A-Za-z0-9])(?:${patterns((prefix) => STARTS_WORD.test(prefix))})|${patterns((prefix) => !STARTS_WORD.test(prefix))}`,
  'g',
)

const nameByPrefix = secretShapes
  .flatMap(({ name, prefixes }) => prefixes.map((prefix) => ({ name, prefix })))
  .sort((left, right) => right.prefix.length - left.prefix.length)

/** A shape that another one runs into, so that no word starts there. */
const nextShape = new RegExp(
  patterns(() => true),
  'y',
)

export function redactShapes(text: string): string {
  let clean = ''
  let done = 0
  anyShape.lastIndex = 0
  for (let match = anyShape.exec(text); match; match = nextShape.exec(text) ?? anyShape.exec(text)) {
    clean += text.slice(done, match.index) + redactShape(match[0])
    done = match.index + match[0].length
    nextShape.lastIndex = done
    anyShape.lastIndex = done
  }
  return done === 0 ? text : clean + text.slice(done)
}

function redactShape(found: string): string {
  const { name, prefix } = nameByPrefix.find((known) => found.startsWith(known.prefix)) ?? {
    name: 'token',
    prefix: '',
  }
  // What is no part of the secret stays: where it was sent, or the parameter's name.
  return (/[/=]$/.test(prefix) ? prefix : '') + redactionMark(name)
}

// A key block whose end was cut off reaches to the end of the text.
const keyBlock =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g

export const KEY_BLOCK_START = '-----BEGIN '

export function redactKeyBlocks(text: string): string {
  return text.replace(keyBlock, redactionMark('private-key'))
}
