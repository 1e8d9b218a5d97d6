/** One sentence on each operation, for the generated page alone: a Worker's bundle does not carry it. */
import type { BackupMethod } from './backup-operations.ts'
import type { ProcessMethod } from './client/command-operations.ts'
import type { TunnelMethod } from './client/port-operations.ts'
import type { ClientMethod } from './client-operations.ts'
import type { ContainerMethod } from './container-operations.ts'
import type { FilesMethod } from './files-operations.ts'
import type { MountMethod } from './mount-operations.ts'

type Says<M extends string> = Readonly<Record<M, string>>

export const containerSays: Says<ContainerMethod> = {
  start: 'Starts the container; returns before it is ready',
  exec: 'Runs a command; the span lasts as long as the process and the streams read from it',
  monitor: 'Waits for the container to exit; told as lifecycle events',
  destroy: 'Stops the container for good, after a last usage interval',
  signal: 'Sends a signal to the entry process',
  getTcpPort: 'A port; the span is one request through it',
  setInactivityTimeout: 'Sets how long the container may be idle',
  interceptOutboundHttp: 'Sends outbound HTTP of a host to a handler',
  interceptAllOutboundHttp: 'Sends all outbound HTTP to a handler',
  interceptOutboundHttps: 'Sends outbound HTTPS of a host to a handler',
  snapshotContainer: 'Saves the file system of the container',
  inspect: 'Reads labels and image',
}

export const filesSays: Says<FilesMethod> = {
  readFile: 'Reads a file',
  writeFile: 'Writes a file; one `sandbox.file.mutated` event, exact',
  stat: 'Looks at a file',
  lstat: 'Looks at a file or link',
  readDirectory: 'Lists a directory',
  mkdir: 'Makes a directory',
  rename: 'Renames a file; one `sandbox.file.mutated` event, exact',
  remove: 'Removes a file or directory; one `sandbox.file.mutated` event, exact',
}

export const backupSays: Says<BackupMethod> = {
  backup: 'Saves a directory to a bucket; one `sandbox.snapshot.created` event',
  restore: 'Restores a directory; one `sandbox.snapshot.restored` event, and the files it changed',
  delete: 'Deletes a saved directory',
  intercept: 'Sends the requests of backups to their gateway',
}

export const mountSays: Says<MountMethod> = {
  mount: 'Mounts a bucket at a path; its credentials are kept out of all telemetry',
  unmount: 'Takes a mounted bucket away',
  intercept: 'Sends the storage requests of mounts to their gateway',
}

export const clientSays: Says<ClientMethod> = {
  exec: 'Runs a command to its end',
  execStream: 'Runs a command and streams its events; the last one has its exit code',
  execWithSessionToken: 'The same as `exec`, by a session token',
  execStreamWithSessionToken: 'The same as `execStream`, by a session token',
  startProcess: 'Starts a background process; the process is wrapped too',
  listProcesses: 'Lists background processes; they are wrapped too',
  getProcess: 'Finds a background process; the process is wrapped too',
  killProcess: 'Ends a background process',
  killAllProcesses: 'Ends all background processes',
  cleanupCompletedProcesses: 'Forgets ended background processes',
  getProcessLogs: 'Reads the output of a background process',
  streamProcessLogs: 'Streams the output of a background process; the last event has its exit code',
  writeFile: 'Writes a file; one `sandbox.file.mutated` event, exact',
  readFile: 'Reads a file',
  readFileStream: 'Streams a file',
  watch: 'Streams changes under a path; one `sandbox.file.mutated` event for each that no other call told',
  checkChanges: 'Asks for changes under a path',
  mkdir: 'Makes a directory',
  deleteFile: 'Removes a file; one `sandbox.file.mutated` event, exact',
  renameFile: 'Renames a file; one `sandbox.file.mutated` event, exact',
  moveFile: 'Moves a file; one `sandbox.file.mutated` event, exact',
  listFiles: 'Lists a directory',
  exists: 'Asks whether a file is there',
  gitCheckout: 'Clones a repository',
  mountBucket: 'Mounts a bucket; its credentials are not recorded',
  unmountBucket: 'Takes a mounted bucket away',
  createBackup: 'Saves a directory; one `sandbox.snapshot.created` event',
  restoreBackup: 'Restores a directory; one `sandbox.snapshot.restored` event',
  createSession: 'Makes a session; the session is wrapped too',
  getSession: 'Finds a session; the session is wrapped too',
  deleteSession: 'Ends a session',
  setEnvVars: 'Sets environment variables; neither names nor values are recorded',
  terminal: 'Opens a terminal; the span ends when its web socket is there',
  getContainerPlacementId: 'Asks where the container runs',
  createCodeContext: 'Makes a code interpreter',
  runCode: 'Runs code in an interpreter; the code is not recorded',
  runCodeStream: 'Runs code and streams its events',
  listCodeContexts: 'Lists code interpreters',
  deleteCodeContext: 'Ends a code interpreter',
  wsConnect: 'Opens a web socket to a port',
  fetch: 'Sends a request to the sandbox',
  containerFetch: 'Sends a request to a port',
  exposePort: 'Makes a port reachable at a preview URL; the URL, which has a token, is not recorded',
  unexposePort: 'Takes a preview URL away',
  getExposedPorts: 'Lists preview URLs',
  isPortExposed: 'Asks whether a port has a preview URL',
  validatePortToken: 'Checks the token of a preview URL, which is not recorded',
  waitForPort: 'Waits until a port answers',
  setOutboundHandler: 'Sends all outbound requests to a handler',
  setOutboundByHost: 'Sends outbound requests of a host to a handler',
  setOutboundByHosts: 'Sends outbound requests of several hosts to handlers',
  removeOutboundByHost: 'Takes the handler of a host away',
  setAllowedHosts: 'Sets the hosts that may be reached',
  allowHost: 'Allows a host',
  removeAllowedHost: 'No longer allows a host',
  setDeniedHosts: 'Sets the hosts that may not be reached',
  denyHost: 'Denies a host',
  removeDeniedHost: 'No longer denies a host',
  start: 'Starts the container',
  startAndWaitForPorts: 'Starts the container and waits for its ports',
  stop: 'Stops the container',
  destroy: 'Stops the container for good',
  getState: 'Asks for the state of the container',
  setSleepAfter: 'Sets how long the sandbox may be idle',
  setKeepAlive: 'Sets whether the sandbox sleeps at all',
  setContainerTimeouts: 'Sets how long starting may take',
  setTransport: 'Sets how the client speaks to the container',
  setLabels: 'Sets the labels of the next container',
}

export const processSays: Says<ProcessMethod> = {
  kill: 'Ends it',
  getStatus: 'Asks for its state',
  getLogs: 'Reads its output',
  waitForLog: 'Waits for a line of its output',
  waitForPort: 'Waits until it answers on a port',
  waitForExit: 'Waits for its end',
}

export const tunnelSays: Says<TunnelMethod> = {
  get: 'Opens a tunnel to a port, or finds it',
  list: 'Lists tunnels',
  destroy: 'Closes a tunnel',
}
