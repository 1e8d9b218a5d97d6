import type { ContainerLike } from '../container/container-like.ts'
import { internalsOf } from '../internals.ts'
import type { Sandglass } from '../sandglass.ts'
import type { WrapPorts } from '../wrap/methods.ts'
import { wrapBackup, wrapMount } from './wrap-backup.ts'

/** What belongs to a container that was not wrapped stays as it is. */
function record<T extends object>(
  sandglass: Sandglass,
  target: T,
  container: ContainerLike,
  wrap: (target: T, ports: WrapPorts) => T,
): T {
  const ports = internalsOf(sandglass).portsOf(container)
  return ports === undefined ? target : wrap(target, ports)
}

/**
 * Wraps the 1.x `DirectoryBackup` of a container that `sandglass.container` wrapped. Build it on the bare container, so
 * that its own commands are not told as the agent's.
 */
export const recordBackup = <B extends object>(
  sandglass: Sandglass,
  backup: B,
  container: ContainerLike,
): B => record(sandglass, backup, container, wrapBackup)

/** Wraps the 1.x `S3Mount` of a container that `sandglass.container` wrapped, built on the bare one likewise. */
export const recordMount = <M extends object>(sandglass: Sandglass, mount: M, container: ContainerLike): M =>
  record(sandglass, mount, container, wrapMount)
