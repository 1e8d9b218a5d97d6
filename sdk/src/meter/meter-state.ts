/** What a meter must remember to go on in another isolate without gap or overlap. */
export interface MeterState {
  /** Number of the last interval of the generation. */
  readonly sequence: number
  /** Its end, Unix time in milliseconds, exclusive. */
  readonly endMs: number
  /** The counter at that time. */
  readonly cpuSeconds: number
}

/** A sandbox as it is remembered: its generation, and where its meter stands. */
export interface SandboxState {
  readonly generation: number
  readonly meter: MeterState | undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

function parseMeterState(value: unknown): MeterState | undefined {
  if (!isRecord(value)) return undefined
  const { sequence, endMs, cpuSeconds } = value
  const isWhole = typeof sequence === 'number' && typeof endMs === 'number' && typeof cpuSeconds === 'number'
  return isWhole ? { sequence, endMs, cpuSeconds } : undefined
}

/** Undefined for what is not a state. */
export function parseSandboxState(value: unknown): SandboxState | undefined {
  if (!isRecord(value) || typeof value['generation'] !== 'number') return undefined
  return { generation: value['generation'], meter: parseMeterState(value['meter']) }
}
