import type { Agent, AgentResult, AgentRun } from './agent.ts'
import { commitAll, createRepository, git } from './repository.ts'
import { SHOP_FILES, SHOP_FIX, SHOP_PROBE, SHOP_PROBE_ANSWER } from './shop-files.ts'

const REPOSITORY_URL = 'https://git.example/acme/shop'
const SIGTERM = 15

/** Fixes a failing test, shows that the program works, and opens a change. */
export const codeFix: Agent = {
  task: {
    class: 'code_fix',
    team: 'payments',
    tier: 'B',
    agent: { name: 'fixer', version: '1.4.0' },
    user: 'u_8f3a',
    actor: { type: 'agent', id: 'fixer' },
    costCenter: 'cc-410',
    priority: 'interactive',
    workloadKind: 'agent',
    trigger: 'issue',
    repositoryUrl: REPOSITORY_URL,
  },
  async run(run) {
    const { task, shell, model } = run
    await createRepository(task, shell, SHOP_FILES)
    await model.ask('user', 'Carts with a discount cost the wrong amount. Fix it.', 'I run the tests first.')
    const before = await runTests(run)
    await model.ask(
      'tool_result',
      before.output,
      'The discount is wrong. I look at the code that computes it.',
    )
    const code = await investigate(run)
    await model.ask('tool_result', code, `The percentage is taken off as cents. I apply:\n${SHOP_FIX}`)
    await edit(run)
    const after = await runTests(run)
    const probed = await probe(run)
    if (after.exitCode !== 0 || probed !== SHOP_PROBE_ANSWER) return failure(after.exitCode)
    await model.ask('tool_result', after.output, 'All tests pass. I open a change.')
    return openChange(run, before.failed)
  },
}

function failure(exitCode: number): AgentResult {
  return { outcome: 'failure', source: 'test', facts: { exitCode } }
}

/** Reads the tests' results line by line while they run. */
function runTests({ task, shell }: AgentRun): Promise<{ exitCode: number; failed: number; output: string }> {
  return task.tool('run_tests', { path: 'test' }, async () => {
    const lines: string[] = []
    const exitCode = await shell.stream(['node', '--test', '--test-reporter=tap'], (line) => lines.push(line))
    const failed = lines.filter((line) => line.startsWith('not ok')).length
    return { exitCode, failed, output: lines.join('\n') }
  })
}

/** One tool that calls three others at once. */
function investigate({ task, shell }: AgentRun): Promise<string> {
  const read = (path: string) => task.tool('read_file', { path }, () => shell.read(path))
  const search = (text: string) =>
    task.tool('search', { text }, () => shell.must(['git', 'grep', '--line-number', text]))
  return task.tool('investigate', {}, async () => {
    const parts = await Promise.all([
      read('src/cart.js'),
      read('test/cart.test.js'),
      search('discountPercent'),
    ])
    return parts.join('\n')
  })
}

function edit({ task, shell }: AgentRun): Promise<unknown> {
  return task.tool('edit_file', { path: 'src/cart.js' }, () =>
    shell.must(['git', 'apply', '-'], { stdin: SHOP_FIX }),
  )
}

/** Starts the program, asks it one thing, and ends it with a signal. */
function probe({ task, shell }: AgentRun): Promise<string> {
  return task.tool('probe_server', {}, async () => {
    const server = await shell.start(['node', 'src/server.js'])
    const ready = server.stdout?.getReader()
    await ready?.read()
    ready?.releaseLock()
    const answer = await shell.must(['node', '-e', SHOP_PROBE])
    server.kill(SIGTERM)
    await server.exitCode
    return answer.trim()
  })
}

function openChange({ task, shell }: AgentRun, testsFixed: number): Promise<AgentResult> {
  return task.tool('open_change', {}, async () => {
    await shell.must(git('checkout', '--quiet', '-b', 'fix/discount'))
    const commit = await commitAll(shell, 'Take discounts as a share of the sum')
    task.change({ repositoryUrl: REPOSITORY_URL, id: 'shop#42', commit })
    return { outcome: 'success', source: 'test', facts: { commit, testsFixed } }
  })
}
