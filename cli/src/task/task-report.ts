/** What is known of one task, as the terminal and --json show it. Times are ISO 8601 UTC; money is a decimal in USD. */

export interface TaskSummary {
  readonly tenant_id: string
  readonly task_id: string
  readonly task_class: string
  readonly trust_tier: string
  readonly team_id: string
  readonly user_id: string
  readonly actor_type: string
  readonly agent_name: string
  readonly sandbox_id: string
  readonly trace_id: string
  readonly repository_url: string
  readonly attempt: number
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly outcome: string
  readonly outcome_source: string
  readonly error_type: string
  readonly error_message: string
  readonly duration_s: number | null
}

export interface ToolCall {
  readonly tool_name: string
  readonly tool_call_id: string
  readonly parent_tool_call_id: string
  readonly prompt_id: string
  readonly time: string
  readonly duration_s: number
  readonly is_error: boolean
  readonly error_type: string
}

export interface Step {
  readonly time: string
  readonly sequence: number
  readonly kind: 'prompt' | 'command' | 'file' | 'secret' | 'policy' | 'sandbox' | 'change' | 'action'
  /** What happened, in one line. */
  readonly text: string
  readonly outcome: string
  readonly prompt_id: string
  readonly tool_call_id: string
  readonly actor: string
}

export interface CostLine {
  readonly sku: string
  readonly quantity: string
  readonly unit: string
  readonly cost_usd: string
  readonly price_versions: readonly string[]
}

export interface TaskReport {
  readonly task: TaskSummary
  readonly tools: readonly ToolCall[]
  readonly timeline: readonly Step[]
  readonly cost: readonly CostLine[]
  readonly costUsd: string
  readonly cpuSeconds: string
  /** Every charge is of an instance type whose meter was verified. */
  readonly calibrated: boolean
}
