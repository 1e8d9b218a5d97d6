/** Every alert rule, the gravest first. */
import type { AlertRule } from '../rule.ts'
import { collectorWatermarkStale } from './collector-watermark-stale.ts'
import { debugShellWithoutGrant } from './debug-shell-without-grant.ts'
import { decisionChainGap } from './decision-chain-gap.ts'
import { egressDenied } from './egress-denied.ts'
import { manifestRewritten } from './manifest-rewritten.ts'
import { overrideWithoutTicket } from './override-without-ticket.ts'
import { runawaySpend } from './runaway-spend.ts'
import { sandboxIdleOpen } from './sandbox-idle-open.ts'
import { secretDeniedBurst } from './secret-denied-burst.ts'
import { spendOverBudget } from './spend-over-budget.ts'
import { telemetrySilent } from './telemetry-silent.ts'
import { tierCReachedProduction } from './tier-c-reached-production.ts'

export const rules: readonly AlertRule[] = [
  secretDeniedBurst,
  spendOverBudget,
  overrideWithoutTicket,
  manifestRewritten,
  egressDenied,
  tierCReachedProduction,
  debugShellWithoutGrant,
  runawaySpend,
  telemetrySilent,
  sandboxIdleOpen,
  decisionChainGap,
  collectorWatermarkStale,
]
