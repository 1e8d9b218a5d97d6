export { agentTask } from './agent-task.ts'
export { recordAgent, type AgentWork, type RecordAgentOptions } from './record-agent.ts'
