export {
  openAiAgentsProcessor,
  type AgentsProcessor,
  type AgentsProcessorOptions,
  type AgentsSpan,
} from './agents-processor.ts'
