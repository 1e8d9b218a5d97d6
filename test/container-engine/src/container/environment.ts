import { dirname } from 'node:path'

import { CONTAINER_MARK } from '../init/messages.ts'
import { CONTAINER_ADDRESS } from '../network/address.ts'
import { parseEnv } from './spec.ts'
import type { ContainerSpec } from './spec.ts'

/** The ways in and out of a container; what it has not is undefined. */
export interface ContainerNetwork {
  /** A loopback address of its own. */
  readonly address: string | undefined
  /** `http://…` of the forward proxy through which its egress goes. */
  readonly proxyUrl: string | undefined
}

/** Requests to these hosts do not leave the container. */
const NOT_PROXIED = 'localhost,127.0.0.1,::1'

/** The engine's own search path, led by the Node that runs it, so that a container's `node` is the same. */
function searchPath(): string {
  return `${dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`
}

function networkVariables({ address, proxyUrl: url }: ContainerNetwork): Record<string, string> {
  const own: Record<string, string> = address === undefined ? {} : { [CONTAINER_ADDRESS]: address }
  if (url === undefined) return own
  const proxies = { HTTP_PROXY: url, http_proxy: url, HTTPS_PROXY: url, https_proxy: url }
  const direct = [NOT_PROXIED, ...Object.values(own)].join(',')
  return { ...own, ...proxies, NO_PROXY: direct, no_proxy: direct, NODE_USE_ENV_PROXY: '1' }
}

export function initEnvironment(containerId: string): Record<string, string> {
  return { PATH: searchPath(), [CONTAINER_MARK]: containerId }
}

/**
 * What a command sees: `PATH`, a home and a temporary directory of the container's own, the way out, and what the
 * request brought. Of the container's start environment a command inherits `PATH` alone, as on the platform.
 */
export function commandEnvironment(
  container: { readonly id: string; readonly spec: ContainerSpec },
  lines: readonly string[],
  network: ContainerNetwork,
  translate: (word: string) => string,
): Record<string, string> {
  const given = Object.entries(parseEnv(lines)).map(([name, value]) => [name, translate(value)] as const)
  return {
    PATH: parseEnv(container.spec.env)['PATH'] ?? searchPath(),
    HOME: translate('/root'),
    TMPDIR: translate('/tmp'),
    LANG: 'C.UTF-8',
    ...networkVariables(network),
    ...Object.fromEntries(given),
    [CONTAINER_MARK]: container.id,
  }
}
