/** A zod schema for each event: used by tests and tools, never on the hot path. */
import { z } from 'zod'
import { auditKeys, contextKeys, eventFacts } from './event-facts.ts'
import { attributeFacts, type AttributeType } from './semconv-facts.ts'
import { attr, event, values, type AttributeKey, type EventKey } from './semconv.ts'

const typeSchemas: Readonly<Record<AttributeType, z.ZodType>> = {
  string: z.string(),
  int: z.int(),
  double: z.number(),
  boolean: z.boolean(),
  'string[]': z.array(z.string()),
  'double[]': z.array(z.number()),
}

const closedValues: Readonly<Record<string, readonly string[]>> = values

function attributeSchema(key: AttributeKey): z.ZodType {
  const allowed = closedValues[attr[key]]
  return allowed === undefined ? typeSchemas[attributeFacts[key].type] : z.enum(allowed)
}

const shape = (keys: readonly AttributeKey[], optional: boolean): Record<string, z.ZodType> =>
  Object.fromEntries(
    keys.map((key) => [attr[key], optional ? attributeSchema(key).optional() : attributeSchema(key)]),
  )

/** Strict schema of an event's attributes: an unknown name is a fault. */
export function eventSchema(key: EventKey): z.ZodType {
  const { required, optional } = eventFacts[key]
  return z.strictObject({
    ...shape([...contextKeys, ...auditKeys, ...optional], true),
    ...shape(required, false),
  })
}

const keyByName: ReadonlyMap<string, EventKey> = new Map(
  (Object.keys(event) as EventKey[]).map((key) => [event[key], key]),
)

/** Checks an event as it stands on the wire. Returns its problems; empty means it keeps the contract. */
export function eventProblems(
  name: string,
  attributes: Readonly<Record<string, unknown>>,
): readonly string[] {
  const key = keyByName.get(name)
  if (key === undefined) return [`unknown event ${name}`]
  const result = eventSchema(key).safeParse(attributes)
  return result.success ? [] : result.error.issues.map((i) => `${name}: ${i.path.join('.')}: ${i.message}`)
}
