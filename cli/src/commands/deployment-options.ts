/** Flags of commands whose statements differ on a cluster. */
import { single, type Deployment } from '@sandglass/schemas/migrate'
import type { Command } from 'commander'

export interface DeploymentFlags {
  readonly cluster?: string
  readonly database: string
  readonly localDatabase: string
}

export const withDeployment = (command: Command): Command =>
  command
    .option('--cluster <name>', 'replicated and distributed tables on this cluster of remote_servers')
    .option('--database <name>', 'the database that readers use', 'default')
    .option('--local-database <name>', 'on a cluster: where the data lies on every node', 'sandglass_local')

export const deploymentOf = ({ cluster, database, localDatabase }: DeploymentFlags): Deployment =>
  cluster === undefined ? single : { kind: 'cluster', cluster, database, localDatabase }
