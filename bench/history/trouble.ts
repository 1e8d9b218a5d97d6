/** What goes wrong in a task, and the outbound requests of all. */
import { attr, event } from '@sandglass/schemas/semconv'
import { hosts } from './fleet.ts'
import { ID_DIGITS, type Incident, type Scene } from './scene.ts'
import { recordWrite } from './tool-call.ts'

/** What an incident adds, and an outbound request now and then. */
export function recordTrouble(scene: Scene): void {
  if (scene.recorder.random.next() < 0.3) recordEgress(scene, 'allowed', scene.recorder.random.pick(hosts))
  const { incident } = scene.plan
  if (incident === undefined) return
  const reactions: Readonly<Record<Incident, () => void>> = {
    secret_burst: () => repeat(8, () => recordSecret(scene, 'denied')),
    egress_denied: () =>
      repeat(12, () => recordEgress(scene, 'denied', `c2-${scene.recorder.random.below(50)}.example`)),
    manifest_rewrite: () =>
      recordWrite(scene, scene.plan.context, '', '/workspace/deploy/production.yaml', 'manifest'),
    runaway: () => scene.pass(600_000),
    override: () => recordOverride(scene),
    debug_shell: () => recordDebugShell(scene),
  }
  reactions[incident]()
}

function recordSecret(scene: Scene, outcome: string): void {
  scene.pass(500)
  scene.recorder.event(event.secretAccessed, scene.nowMs, {
    ...scene.plan.context,
    [attr.secretName]: scene.recorder.random.pick(['NPM_TOKEN', 'DEPLOY_KEY', 'CLOUD_KEY']),
    [attr.secretOutcome]: outcome,
    [attr.secretChannel]: 'env',
    [attr.secretDetection]: 'broker',
    [attr.secretRule]: `tier-${scene.plan.work.tier.toLowerCase()}-secrets`,
  })
}

function recordEgress(scene: Scene, outcome: string, host: string): void {
  scene.pass(200)
  scene.recorder.event(event.egressRequested, scene.nowMs, {
    ...scene.plan.context,
    [attr.serverAddress]: host,
    [attr.serverPort]: 443,
    [attr.requestMethod]: 'GET',
    [attr.responseStatus]: outcome === 'allowed' ? 200 : 520,
    [attr.requestSize]: scene.recorder.random.below(2000),
    [attr.responseSize]: outcome === 'allowed' ? scene.recorder.random.below(200_000) : 0,
    [attr.egressOutcome]: outcome,
  })
}

function recordOverride(scene: Scene): void {
  scene.recorder.event(event.policyOverridden, scene.nowMs, {
    ...scene.plan.context,
    [attr.overrideId]: `ovr_${scene.recorder.random.hex(ID_DIGITS)}`,
    [attr.overrideScope]: `task:${scene.plan.taskId}`,
    [attr.policyId]: 'default',
    [attr.actorType]: 'human',
    [attr.actorId]: scene.plan.context[attr.userId],
    [attr.reason]: 'hotfix for an incident',
    [attr.ticket]: `OPS-${1000 + scene.recorder.random.below(9000)}`,
    [attr.expiresAt]: scene.nowMs + 3_600_000,
  })
}

function recordDebugShell(scene: Scene): void {
  const session = {
    ...scene.plan.context,
    [attr.debugGrantId]: '',
    [attr.actorType]: 'human',
    [attr.actorId]: scene.plan.context[attr.userId],
  }
  scene.recorder.event(event.debugOpened, scene.nowMs, session)
  scene.pass(120_000)
  scene.recorder.event(event.debugClosed, scene.nowMs, session)
}

function repeat(times: number, run: () => void): void {
  for (let n = 0; n < times; n += 1) run()
}
