/** Who takes part in the incident, and its records in few words each. */
import type { Attributes, StoredCharge, StoredEvent, StoredSpan } from './stored.ts'

/** A task that runs a stranger's prompt. */
export const untrusted = {
  teamId: 'payments',
  userId: 'u_8f3a',
  sandboxId: 'sb-1',
  sessionId: 's-1',
  taskId: 'task-untrusted',
  taskClass: 'untrusted_prompt',
  tier: 'C',
  agentName: 'visitor',
  instanceType: 'standard-1',
} as const satisfies Attributes

/** A watched task, and one that tries again. */
export const fix = {
  ...untrusted,
  sandboxId: 'sb-2',
  taskId: 'task-fix',
  taskClass: 'code_fix',
  tier: 'B',
  agentName: 'fixer',
} as const
export const retry = { ...fix, sandboxId: 'sb-3', taskId: 'task-retry' } as const

/** What the page told the untrusted task to call. */
export const told = { promptId: 'prm-page', toolName: 'shell', toolCallId: 'call-shell' } as const
export const ofPrompt = { ...untrusted, ...told, actorType: 'agent', actorId: 'visitor' } as const
export const traceId = 'a'.repeat(32)

type Task = Attributes & { readonly taskId: string }

export function span(
  ageS: number,
  durationS: number,
  name: string,
  spanId: string,
  parentSpanId: string,
  attributes: Attributes,
): StoredSpan {
  return {
    ageS,
    durationS,
    name,
    kind: name.startsWith('chat') ? 'Client' : 'Internal',
    traceId,
    spanId,
    parentSpanId,
    attributes: { ...untrusted, ...attributes },
  }
}

export function command(ageS: number, commandLine: string, spanId: string, exitCode: number): StoredSpan {
  return {
    ...span(ageS, 2, commandLine.split(' ')[0] ?? '', spanId, 'sp-shell', {
      ...told,
      operation: 'exec',
      commandLine,
      exitCode,
      cpuTime: 0.5,
    }),
    kind: 'Client',
    failed: exitCode !== 0,
  }
}

export function event(
  ageS: number,
  name: StoredEvent['event'],
  attributes: Attributes,
  trace = '',
): StoredEvent {
  return { ageS, event: name, attributes, traceId: trace, resource: { environment: 'production' } }
}

export function fileEvent(
  ageS: number,
  fileOperation: string,
  filePath: string,
  fileCategory: string,
  spanId: string,
  auditSequence: number,
): StoredEvent {
  const attributes = {
    ...ofPrompt,
    fileOperation,
    filePath,
    fileCategory,
    fileSource: 'exec',
    fileAttribution: 'exact',
    auditEpoch: 'e1',
    auditSequence,
  }
  return { ageS, event: 'fileMutated', attributes, traceId, spanId }
}

export function usage(
  ageS: number,
  of: Task,
  usageSequence: number,
  seconds: Attributes,
  costUsd: string,
): readonly StoredEvent[] {
  const attributes = {
    ...of,
    sandboxGeneration: 1,
    usageSequence,
    usageStart: { inS: -ageS - 60 },
    usageEnd: { inS: -ageS },
    usageQuality: 'measured',
    cpuTime: 12,
    usageTaskIds: [of.taskId],
    ...seconds,
  }
  return [
    {
      ...event(ageS, 'usageMeasured', attributes),
      charges: [charge(of, 'container.cpu', '12', 'vCPU.s', costUsd)],
    },
  ]
}

export function inference(
  ageS: number,
  of: Task,
  responseId: string,
  costUsd: string,
): readonly StoredEvent[] {
  const attributes = {
    ...of,
    promptId: 'prm-user',
    requestModel: 'opus-5',
    responseId,
    inputTokens: 1200,
    outputTokens: 300,
    chargeSource: 'provider',
  }
  return [
    {
      ...event(ageS, 'inferenceMeasured', attributes),
      charges: [charge(of, 'llm.output', '300', 'token', costUsd)],
    },
  ]
}

function charge(of: Task, sku: string, quantity: string, unit: string, costUsd: string): StoredCharge {
  return { taskId: of.taskId, sku, quantity, unit, costUsd }
}

export function decided(
  ageS: number,
  verdictBefore: string,
  verdict: string,
  budgetSpend: string,
): StoredEvent {
  return event(ageS, 'budgetDecided', {
    budgetId: 'payments-daily',
    budgetVersion: 'v1',
    budgetMetric: 'cost',
    budgetMode: 'enforce',
    budgetScope: 'team=payments',
    budgetWindow: 'calendar:day',
    budgetWindowStart: { inS: -43_200 },
    budgetWindowEnd: { inS: 43_200 },
    budgetSpend,
    budgetLimit: '1',
    budgetForecast: '2',
    verdictBefore,
    verdict,
    verdictReason: 'spend_over_limit',
    decisionId: `dec-${ageS}`,
    decisionInputs: '{}',
    decisionPrevHash: '',
    decisionHash: `hash-${ageS}`,
    enforcerId: 'enforcer-0',
  })
}

export function acted(ageS: number, enforcementAction: string): StoredEvent {
  return event(ageS, 'enforcementActed', {
    teamId: 'payments',
    sandboxId: 'sb-1',
    budgetId: 'payments-daily',
    enforcementAction,
    enforcementTarget: 'sandbox:sb-1',
    enforcementResult: 'applied',
    enforcementKey: 'key-1',
    decisionId: 'dec-1100',
    verdictBefore: 'warn',
    verdict: 'suspend',
    verdictReason: 'spend_over_limit',
    snapshotId: 'snap-1',
  })
}

/** Tasks of 1 s, 4 s, 9 s, … that all succeed and cost nothing. */
export function transforms(count: number): readonly StoredEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const of = { teamId: 'payments', taskId: `task-transform-${index}`, taskClass: 'transform', tier: 'A' }
    const finished = { taskOutcome: 'success', taskOutcomeSource: 'test', taskDuration: (index + 1) ** 2 }
    return [
      event(700 + index, 'taskStarted', { ...of, taskAttempt: 1 }),
      event(699 - index, 'taskFinished', { ...of, ...finished }),
    ]
  }).flat()
}
