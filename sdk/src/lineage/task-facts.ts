import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { TaskSpec } from './task-spec.ts'

const agentOf = (
  agent: TaskSpec['agent'],
): { readonly name: string; readonly version?: string | undefined } =>
  typeof agent === 'string' ? { name: agent } : agent

/** Context that every span and event of a task carries. */
export function taskFacts(spec: TaskSpec, taskId: string, policyVersion: string | undefined): Facts {
  const agent = agentOf(spec.agent)
  return {
    [attr.teamId]: spec.team,
    [attr.costCenter]: spec.costCenter,
    [attr.userId]: spec.user,
    [attr.actorType]: spec.actor?.type,
    [attr.actorId]: spec.actor?.id,
    [attr.attributionSource]: spec.manifestId === undefined ? 'declared' : 'manifest',
    [attr.manifestId]: spec.manifestId,
    [attr.taskId]: taskId,
    [attr.taskClass]: spec.class,
    [attr.taskPriority]: spec.priority,
    [attr.taskAttempt]: spec.attempt,
    [attr.taskRetryOf]: spec.retryOf,
    [attr.taskParentId]: spec.parentTaskId,
    [attr.taskTrigger]: spec.trigger,
    [attr.agentName]: agent.name,
    [attr.agentVersion]: agent.version,
    [attr.conversationId]: spec.conversationId,
    [attr.repositoryUrl]: spec.repositoryUrl,
    [attr.tier]: spec.tier,
    [attr.workloadKind]: spec.workloadKind ?? 'agent',
    [attr.policyVersion]: policyVersion,
    [attr.riskScore]: spec.riskScore,
    [attr.dataClass]: spec.dataClass,
    [attr.sessionId]: spec.sessionId,
  }
}
