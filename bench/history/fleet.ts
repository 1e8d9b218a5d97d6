/** Who works and on what: the fixed cast of a generated history. Names are of things, never of people. */

export interface Team {
  readonly teamId: string
  readonly costCenter: string
  readonly userIds: readonly string[]
  readonly repositoryUrl: string
}

export interface WorkClass {
  readonly taskClass: string
  readonly agentName: string
  readonly tier: 'A' | 'B' | 'C'
  readonly model: string
  readonly instanceType: string
  /** Prompts of a task: at least, and as many more at most. */
  readonly turnsMin: number
  readonly turnsMore: number
  /** Share of tasks that succeed at each attempt. */
  readonly successShare: number
  /** How often the class is picked. */
  readonly weight: number
}

const teamNames = [
  'payments',
  'search',
  'checkout',
  'identity',
  'catalog',
  'mobile',
  'data',
  'platform',
  'growth',
  'risk',
]
const USERS_PER_TEAM = 8

export const teams: readonly Team[] = teamNames.map((teamId, index) => ({
  teamId,
  costCenter: `cc-${4700 + index}`,
  userIds: Array.from(
    { length: USERS_PER_TEAM },
    (_, user) => `u_${(index * USERS_PER_TEAM + user).toString(16).padStart(4, '0')}`,
  ),
  repositoryUrl: `https://code.example/acme/${teamId}`,
}))

export const workClasses: readonly WorkClass[] = [
  {
    taskClass: 'code_fix',
    agentName: 'fixer',
    tier: 'B',
    model: 'opus-5',
    instanceType: 'standard-1',
    turnsMin: 4,
    turnsMore: 8,
    successShare: 0.72,
    weight: 40,
  },
  {
    taskClass: 'code_review',
    agentName: 'reviewer',
    tier: 'B',
    model: 'sonnet-5',
    instanceType: 'basic',
    turnsMin: 2,
    turnsMore: 5,
    successShare: 0.95,
    weight: 20,
  },
  {
    taskClass: 'transform',
    agentName: 'codemod',
    tier: 'A',
    model: 'haiku-5',
    instanceType: 'standard-2',
    turnsMin: 1,
    turnsMore: 2,
    successShare: 0.98,
    weight: 15,
  },
  {
    taskClass: 'dependency_update',
    agentName: 'updater',
    tier: 'B',
    model: 'haiku-5',
    instanceType: 'standard-1',
    turnsMin: 3,
    turnsMore: 6,
    successShare: 0.8,
    weight: 15,
  },
  {
    taskClass: 'untrusted_prompt',
    agentName: 'sandboxer',
    tier: 'C',
    model: 'sonnet-5',
    instanceType: 'lite',
    turnsMin: 2,
    turnsMore: 6,
    successShare: 0.6,
    weight: 10,
  },
]

export const commands: readonly {
  readonly executable: string
  readonly line: string
  readonly secondsMax: number
  readonly writes: boolean
}[] = [
  { executable: 'node', line: 'node --test', secondsMax: 40, writes: false },
  { executable: 'npm', line: 'npm ci', secondsMax: 30, writes: true },
  { executable: 'npm', line: 'npm run build', secondsMax: 60, writes: true },
  { executable: 'git', line: 'git status --porcelain', secondsMax: 0.3, writes: false },
  { executable: 'git', line: 'git diff HEAD -- src', secondsMax: 0.4, writes: false },
  { executable: 'rg', line: 'rg --json deprecated src', secondsMax: 0.8, writes: false },
  { executable: 'sed', line: 'sed -i s/before/after/ src/{file}', secondsMax: 0.1, writes: true },
  { executable: 'cat', line: 'cat src/{file}', secondsMax: 0.1, writes: false },
  { executable: 'pytest', line: 'pytest -q tests/{file}', secondsMax: 25, writes: false },
  { executable: 'git', line: 'git commit -am wip', secondsMax: 0.5, writes: true },
]

export const tools = [
  'run_tests',
  'edit_file',
  'read_file',
  'search_code',
  'run_command',
  'open_change',
] as const

export const hosts = ['packages.example', 'wheels.example', 'api.github.com', 'modules.example'] as const

/** Median seconds and tokens of one answer, by model. */
export const models: Readonly<Record<string, { readonly seconds: number; readonly output: number }>> = {
  'opus-5': { seconds: 12, output: 900 },
  'sonnet-5': { seconds: 7, output: 700 },
  'haiku-5': { seconds: 3, output: 400 },
}
