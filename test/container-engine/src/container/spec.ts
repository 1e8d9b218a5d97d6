/** What a create request asks for, as far as this engine can give it. */
export interface ContainerSpec {
  readonly image: string
  /** Entrypoint and command in one; empty when nothing but `exec` runs in it. */
  readonly argv: readonly string[]
  readonly env: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** Name of the container whose network this one shares; undefined when it has its own. */
  readonly networkOf: string | undefined
  readonly mounts: readonly Mount[]
}

/** A volume by its name, at a path of the container. */
interface Mount {
  readonly volume: string
  readonly path: string
}

/** What an exec request asks for. */
export interface ExecSpec {
  readonly argv: readonly [string, ...string[]]
  readonly env: readonly string[]
  readonly cwd: string
}

type Json = Readonly<Record<string, unknown>>

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function object(value: unknown): Json {
  return isJson(value) ? value : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function labelsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(object(value)).map(([name, label]) => [name, text(label)]))
}

/** `volume:/path[:options]`: options change nothing here. */
function parseBind(bind: string): Mount {
  const [volume = '', path = ''] = bind.split(':')
  return { volume, path }
}

function mountsOf(host: Json): Mount[] {
  const mounts = Array.isArray(host['Mounts']) ? host['Mounts'].map(object) : []
  const named = mounts.map((mount) => ({ volume: text(mount['Source']), path: text(mount['Target']) }))
  return [...texts(host['Binds']).map(parseBind), ...named].filter(
    ({ volume, path }) => volume !== '' && path !== '',
  )
}

export function parseContainerSpec(body: unknown): ContainerSpec {
  const root = object(body)
  const host = object(root['HostConfig'])
  return {
    image: text(root['Image']),
    argv: [...texts(root['Entrypoint']), ...texts(root['Cmd'])],
    env: texts(root['Env']),
    labels: labelsOf(root['Labels']),
    networkOf: /^container:(.+)$/.exec(text(host['NetworkMode']))?.[1],
    mounts: mountsOf(host),
  }
}

/** Undefined when there is no command. */
export function parseExecSpec(body: unknown): ExecSpec | undefined {
  const root = object(body)
  const [command, ...args] = texts(root['Cmd'])
  if (command === undefined) return undefined
  return { argv: [command, ...args], env: texts(root['Env']), cwd: text(root['WorkingDir']) || '/workspace' }
}

/** `name=value` lines as a record; a line without `=` is dropped. */
export function parseEnv(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map(
    (line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const,
  )
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}
