export { mcpClient, type McpClientOptions } from './mcp-client.ts'
export { mcpServer, type McpCall, type McpServerOptions } from './mcp-server.ts'
