export {
  aiTelemetry,
  type AiCall,
  type AiModelCall,
  type AiModelCallEnd,
  type AiSpan,
  type AiTelemetry,
  type AiTelemetryOptions,
  type AiToolExecution,
} from './ai-telemetry.ts'
