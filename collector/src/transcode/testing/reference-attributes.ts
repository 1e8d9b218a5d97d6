/** Attributes of a record: what goes to columns of their own, and what stays in the map. */
import { attr } from '@sandglass/schemas/semconv'
import { contextColumns } from '@sandglass/schemas/tables'
import type { SandboxContext } from '../../enrich/sandbox-context.ts'
import type { AnyValueJson, KeyValueJson } from '../../otlp/testing/otlp-json.ts'
import type { TranscodeLimits } from '../limits.ts'
import {
  type Cuts,
  encodedSize,
  isSecretName,
  redactedName,
  secretMark,
  storedName,
  storedRendered,
  storedText,
} from './reference-text.ts'
import { valueText } from './reference-value.ts'

export type Entry = readonly [name: string, value: string]

export interface SplitAttributes {
  /** Values of the context columns by column name. */
  readonly columns: Readonly<Record<string, string>>
  readonly rest: readonly Entry[]
}

interface StoredAttribute {
  /** As it was sent, cut. */
  readonly name: string
  readonly value: string
  readonly empty: boolean
}

const columnByAttribute = new Map<string, string>(
  contextColumns.flatMap(({ name, attribute }) => (attribute ? [[attribute, name] as const] : [])),
)

function stored(
  { key = '', value = {} }: KeyValueJson,
  limits: TranscodeLimits,
  cuts: Cuts,
): StoredAttribute {
  const name = storedName(key, limits.nameBytesMax, cuts)
  const text = valueText(value)
  if (text !== '' && isSecretName(name)) return { name, value: secretMark, empty: false }
  return { name, value: storedValue(value, text, limits, cuts), empty: text === '' }
}

function storedValue(
  value: AnyValueJson,
  text: string,
  { textBytesMax }: TranscodeLimits,
  cuts: Cuts,
): string {
  if (value.stringValue !== undefined) return storedText(text, textBytesMax, cuts)
  return storedRendered(text, textBytesMax, cuts)
}

/** Plain maps: of resources, scopes, events and links. */
export function mapEntries(
  attributes: readonly KeyValueJson[] = [],
  limits: TranscodeLimits,
  cuts: Cuts,
  bytesMax = Infinity,
): Entry[] {
  const entries: Entry[] = []
  let bytes = 0
  for (const [index, attribute] of attributes.entries()) {
    if (index >= limits.attributesMax || bytes > bytesMax) {
      cuts.count++
      continue
    }
    const { name, value } = stored(attribute, limits, cuts)
    entries.push([redactedName(name), value])
    bytes += encodedSize(redactedName(name)) + encodedSize(value)
  }
  return entries
}

export function splitAttributes(
  attributes: readonly KeyValueJson[] = [],
  limits: TranscodeLimits,
  cuts: Cuts,
): SplitAttributes {
  const columns: Record<string, string> = {}
  const rest: Entry[] = []
  for (const [index, attribute] of attributes.entries()) {
    if (index >= limits.attributesMax) {
      cuts.count++
      continue
    }
    const { name, value, empty } = stored(attribute, limits, cuts)
    const column = columnByAttribute.get(name)
    if (column === undefined || column in columns) rest.push([redactedName(name), value])
    else if (!empty) columns[column] = value
  }
  return { columns, rest }
}

const fromSandbox: Readonly<Record<string, keyof SandboxContext>> = {
  TeamId: 'teamId',
  UserId: 'userId',
  TaskId: 'taskId',
  TaskClass: 'taskClass',
  TrustTier: 'tier',
}

/** The record's own values, else its resource's, else those of its sandbox. */
export function contextOf(
  own: Readonly<Record<string, string>>,
  resource: readonly Entry[],
  findSandbox: (id: string) => SandboxContext | undefined,
  withoutTask: boolean,
): Record<string, string> {
  const names = [...columnByAttribute.entries()]
  const inherited = names.map(
    ([attribute, column]) => [column, own[column] ?? firstOf(resource, attribute)] as const,
  )
  const context: Record<string, string> = Object.fromEntries(inherited)
  const sandbox = context['SandboxId'] ? findSandbox(context['SandboxId']) : undefined
  for (const [column, field] of Object.entries(fromSandbox)) {
    if (withoutTask && (field === 'taskId' || field === 'taskClass')) continue
    context[column] ||= sandbox?.[field] ?? ''
  }
  return context
}

/** A record that says neither its team nor its instance type gets the type of its sandbox. */
export function completedInstance(
  own: SplitAttributes,
  resource: readonly Entry[],
  context: Readonly<Record<string, string>>,
  findSandbox: (id: string) => SandboxContext | undefined,
): readonly Entry[] {
  const saysType =
    own.rest.some(([name]) => name === attr.instanceType) || firstOf(resource, attr.instanceType) !== ''
  const saysTeam = 'TeamId' in own.columns || firstOf(resource, attr.teamId) !== ''
  const type = context['SandboxId'] ? findSandbox(context['SandboxId'])?.instanceType : undefined
  return saysType || saysTeam || !type ? [] : [[attr.instanceType, type]]
}

export function serviceNameOf(resource: readonly Entry[]): string {
  return firstOf(resource, attr.serviceName)
}

function firstOf(entries: readonly Entry[], name: string): string {
  return entries.find(([key, value]) => key === name && value !== '')?.[1] ?? ''
}
