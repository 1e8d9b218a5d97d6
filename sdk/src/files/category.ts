import type { attr, values } from '@sandglass/schemas/semconv'

export type FileCategory = (typeof values)[typeof attr.fileCategory][number]

/** By path, first match wins. */
const RULES: readonly (readonly [FileCategory, RegExp])[] = [
  [
    'secret',
    /(?:^|\/)(?:\.env(?:\..+)?|\.netrc|\.npmrc|\.pypirc|id_(?:rsa|dsa|ecdsa|ed25519)|credentials(?:\.json)?|\.aws\/.+|\.ssh\/.+)$|\.(?:pem|key|p12|pfx|jks|keystore)$/,
  ],
  [
    'ci',
    /(?:^|\/)(?:\.github\/workflows\/.+|\.gitlab-ci\.ya?ml|\.circleci\/.+|\.buildkite\/.+|Jenkinsfile|azure-pipelines\.ya?ml|\.drone\.ya?ml|\.ci\/.+)$/,
  ],
  [
    'manifest',
    /(?:^|\/)(?:Dockerfile(?:\..+)?|(?:docker-)?compose(?:\..+)?\.ya?ml|wrangler\.(?:toml|jsonc?)|Chart\.ya?ml|values(?:[-.].+)?\.ya?ml|kustomization\.ya?ml|(?:deploy(?:ment)?s?|k8s|kubernetes|manifests?|helm|infra|terraform)(?:\/.+|\.(?:ya?ml|json|tf)))$|\.(?:tf|tfvars|bicep)$/,
  ],
  [
    'dependency',
    /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.ya?ml|bun\.lockb?|requirements(?:[-.].+)?\.txt|pyproject\.toml|poetry\.lock|uv\.lock|Pipfile(?:\.lock)?|go\.(?:mod|sum)|Cargo\.(?:toml|lock)|Gemfile(?:\.lock)?|composer\.(?:json|lock)|pom\.xml|build\.gradle(?:\.kts)?)$/,
  ],
  [
    'code',
    /\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|rb|php|c|cc|cpp|h|hpp|cs|swift|scala|sh|bash|sql|html|s?css|vue|svelte)$/,
  ],
]

/** What kind of file a path is: manifests and pipelines are where a small change goes far. */
export function categoryOf(path: string): FileCategory {
  return RULES.find(([, pattern]) => pattern.test(path))?.[0] ?? 'other'
}
