/** What each event says and must carry: the data behind the event schemas and docs/semconv.md. */
import type { AttributeKey, EventKey } from './semconv.ts'

export interface EventFacts {
  readonly brief: string
  /** Without these the event says nothing. */
  readonly required: readonly AttributeKey[]
  readonly optional: readonly AttributeKey[]
}

const facts = (
  brief: string,
  required: readonly AttributeKey[],
  optional: readonly AttributeKey[] = [],
): EventFacts => ({ brief, required, optional: optional.filter((key) => !required.includes(key)) })

const command: readonly AttributeKey[] = ['operation', 'commandLine', 'executableName']
const who: readonly AttributeKey[] = ['actorId', 'actorType', 'reason', 'ticket']
const secretFacts: readonly AttributeKey[] = [
  'secretCredentialId',
  'secretVersion',
  'secretExpiresAt',
  'secretRule',
]
const snapshotFacts: readonly AttributeKey[] = [
  'snapshotSize',
  'snapshotDuration',
  'snapshotExpiresAt',
  'errorType',
]
const cacheFacts: readonly AttributeKey[] = [
  'cacheLanguage',
  'cacheRuntimeVersion',
  'cacheOutcome',
  'cacheSize',
  'cacheDuration',
]
const changeFacts: readonly AttributeKey[] = ['commitSha', 'changeTaskIds', 'changeTaskShares']
const leaseFacts: readonly AttributeKey[] = ['leaseAmount', 'leaseActual', 'expiresAt']
const debugFacts: readonly AttributeKey[] = ['debugRecordingRef', 'debugRecordingHash']

/** Beside these an event may carry any context attribute (contextKeys) and the audit chain (auditKeys). */
export const eventFacts: Readonly<Record<EventKey, EventFacts>> = {
  taskStarted: facts(
    'A task began',
    ['taskId', 'taskClass'],
    ['taskQueueDuration', 'taskDeadline', 'taskHeartbeatTtl'],
  ),
  taskHeartbeat: facts('A task still lives', ['taskId'], ['taskHeartbeatTtl']),
  taskFinished: facts(
    'A task ended',
    ['taskId', 'taskOutcome', 'taskOutcomeSource'],
    ['taskDuration', 'taskSuspendedDuration', 'errorType', 'errorMessage'],
  ),
  inferenceMeasured: facts(
    'Tokens of one model answer',
    ['requestModel', 'responseId', 'inputTokens', 'outputTokens', 'chargeSource'],
    ['providerName', 'cachedInputTokens', 'reasoningTokens', 'operationName'],
  ),
  usageMeasured: facts(
    'Resources of one interval of one sandbox',
    ['sandboxId', 'sandboxGeneration', 'usageSequence', 'usageStart', 'usageEnd', 'usageQuality', 'cpuTime'],
    [
      'memoryTime',
      'diskTime',
      'egressSize',
      'memoryPeak',
      'diskPeak',
      'usageTaskIds',
      'usageTaskCpuTimes',
      'timeCommand',
      'timeModelWait',
      'timeHumanWait',
      'timeTerminal',
      'timeBackground',
      'timeIdle',
      'timeUnknown',
    ],
  ),
  lifecycleChanged: facts(
    'A sandbox changed state',
    ['sandboxId', 'lifecycleState'],
    [
      'lifecycleCause',
      'startupDuration',
      'exitCode',
      'errorType',
      'reason',
      'decisionId',
      'snapshotId',
      ...who,
    ],
  ),
  fileMutated: facts(
    'A file changed',
    ['filePath', 'fileOperation', 'fileSource', 'fileAttribution', 'fileCategory'],
    [
      'fileSize',
      'filePathBefore',
      'fileSha256Before',
      'fileSha256After',
      'fileScanComplete',
      'fileDiffRef',
      ...command,
    ],
  ),
  secretAccessed: facts(
    'A secret was asked for',
    ['secretName', 'secretOutcome', 'secretChannel', 'secretDetection'],
    [...secretFacts, ...command],
  ),
  secretIssued: facts('A credential was issued', ['secretName', 'secretCredentialId'], secretFacts),
  secretRevoked: facts(
    'A credential was revoked',
    ['secretName', 'secretCredentialId'],
    [...secretFacts, ...who],
  ),
  egressRequested: facts(
    'An outbound request',
    ['serverAddress', 'egressOutcome'],
    ['serverPort', 'requestMethod', 'responseStatus', 'requestSize', 'responseSize', 'egressRule'],
  ),
  snapshotCreated: facts('A workspace was saved', ['snapshotId', 'snapshotOutcome'], snapshotFacts),
  snapshotRestored: facts(
    'A workspace was restored',
    ['snapshotId', 'snapshotOutcome', 'resumeAttemptId'],
    ['resumeStage', ...snapshotFacts],
  ),
  cacheRestored: facts('A dependency layer was restored', ['cacheKey', 'cacheOutcome'], cacheFacts),
  cacheSaved: facts('A dependency layer was saved', ['cacheKey'], cacheFacts),
  debugGranted: facts('A terminal was granted', ['debugGrantId', 'actorId', 'reason', 'debugTtl'], who),
  debugOpened: facts('A terminal was opened', ['debugGrantId', 'actorId'], who),
  debugClosed: facts('A terminal was closed', ['debugGrantId'], [...debugFacts, ...who]),
  debugRevoked: facts('A grant ended', ['debugGrantId', 'reason'], [...debugFacts, ...who]),
  policyEvaluated: facts(
    'A rule decided',
    ['policyId', 'policyVersion', 'policyRule', 'policyVerdict', 'policyAction', 'policySubjectKind'],
    ['policySubject', 'overrideId', ...command],
  ),
  policyOverridden: facts(
    'A person overrode a policy or a budget',
    ['overrideId', 'overrideScope', 'actorId', 'reason', 'ticket', 'expiresAt'],
    ['policyId', 'policyRule', 'policySubject', 'budgetId', 'approverId', 'actorType', 'decisionId'],
  ),
  overrideEnded: facts(
    'An override ended',
    ['overrideId', 'overrideEndCause'],
    ['overrideScope', 'policyId', ...who],
  ),
  artifactProduced: facts(
    'An artifact was produced',
    ['artifactPath', 'artifactSha256'],
    ['artifactProvenance'],
  ),
  promotionDecided: facts(
    'A promotion was decided',
    ['promotionDecision', 'actorId'],
    ['artifactSha256', 'policyId', ...who],
  ),
  changeLinked: facts('Tasks produced a change', ['repositoryUrl', 'changeId'], changeFacts),
  changeMerged: facts(
    'A change was merged',
    ['repositoryUrl', 'changeId'],
    [...changeFacts, 'actorId', 'actorType'],
  ),
  changeReverted: facts(
    'A change was reverted',
    ['repositoryUrl', 'changeId'],
    [...changeFacts, 'actorId', 'actorType'],
  ),
  admissionDecided: facts(
    'A gate admitted, delayed or refused',
    ['admissionOutcome', 'reason'],
    ['retryAfter', 'taskQueueDuration', 'budgetId', 'verdict', 'decisionId', 'operation'],
  ),
  leaseGranted: facts('Spend was reserved', ['leaseId', 'leaseScope', 'leaseAmount'], leaseFacts),
  leaseSettled: facts('A lease was settled', ['leaseId', 'leaseScope', 'leaseActual'], leaseFacts),
  leaseExpired: facts('A lease expired', ['leaseId', 'leaseScope'], leaseFacts),
  budgetDecided: facts(
    'The enforcer decided',
    [
      'budgetId',
      'budgetVersion',
      'budgetScope',
      'budgetWindow',
      'budgetSpend',
      'budgetLimit',
      'verdict',
      'verdictBefore',
      'verdictReason',
      'decisionId',
      'decisionInputs',
      'decisionPrevHash',
      'decisionHash',
      'enforcerId',
    ],
    ['budgetMetric', 'budgetWindowStart', 'budgetWindowEnd', 'budgetForecast', 'budgetMode', 'watermark'],
  ),
  chargeCorrected: facts(
    'A charge was corrected',
    ['chargeId', 'chargeSku', 'priceVersionBefore', 'priceVersionAfter', 'chargeDifference'],
    ['chargeQuantityDifference', 'chargeUnit', 'usageStart', 'usageEnd', 'requestModel', ...who],
  ),
  monthLineClosed: facts(
    'What one team owes for one SKU of a month that is closed',
    ['closeId', 'closeMonth', 'chargeSku', 'closeQuantity', 'closeListCost', 'closeEffectiveCost'],
    ['chargeUnit', 'closeAllowance', 'closeSharedCost'],
  ),
  monthClosed: facts(
    'A month was closed: what is ingested later is booked later',
    ['closeId', 'closeMonth', 'closeCutoff', 'closeLines', ...who],
    ['priceVersionAfter'],
  ),
  meterVerified: facts(
    'Metered CPU was compared with the billing data',
    ['instanceType', 'meterBias', 'meterBiasLow', 'meterBiasHigh', 'meterSamples', 'meterCalibrated'],
    ['meterTolerance', 'usageStart', 'usageEnd', ...who],
  ),
  enforcementActed: facts(
    'The enforcer acted',
    [
      'budgetId',
      'enforcementAction',
      'enforcementTarget',
      'enforcementResult',
      'enforcementKey',
      'decisionId',
    ],
    [
      'verdictBefore',
      'verdict',
      'verdictReason',
      'snapshotId',
      'errorType',
      'errorMessage',
      'budgetMode',
      'enforcerId',
      ...who,
    ],
  ),
  configChanged: facts(
    'Configuration changed',
    ['configKind', 'configHashAfter'],
    ['configHashBefore', ...who],
  ),
}

/** Any event of a task may carry these. */
export const contextKeys: readonly AttributeKey[] = [
  'teamId',
  'costCenter',
  'userId',
  'actorType',
  'actorId',
  'attributionSource',
  'manifestId',
  'taskId',
  'taskClass',
  'taskPriority',
  'taskAttempt',
  'taskRetryOf',
  'taskParentId',
  'taskTrigger',
  'agentName',
  'agentVersion',
  'conversationId',
  'repositoryUrl',
  'tier',
  'workloadKind',
  'policyVersion',
  'riskScore',
  'dataClass',
  'sandboxId',
  'sandboxName',
  'sandboxGeneration',
  'instanceType',
  'sessionId',
  'applicationId',
  'instanceId',
  'imageDigests',
  'promptId',
  'toolName',
  'toolCallId',
  'toolParentName',
  'toolParentCallId',
  'toolDepth',
]

/** Position in the hash chain of a sandbox. */
export const auditKeys: readonly AttributeKey[] = [
  'auditEpoch',
  'auditSequence',
  'auditPrevHash',
  'auditHash',
]
