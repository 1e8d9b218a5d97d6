/** Renders the reference page of a configuration from its zod schema. */
import { z } from 'zod'

/** What is read from a JSON Schema node; anything else in it is not shown. */
const nodeSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string()).transform((types) => types.join(' or '))]).optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  /** Variants of an object. */
  oneOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
})

type Node = z.infer<typeof nodeSchema>

/** One table per document, one line per setting. */
export function renderConfigPage(
  title: string,
  source: string,
  documents: readonly (readonly [name: string, schema: z.ZodType])[],
): string {
  return [
    `# ${title}`,
    '',
    `Generated from \`${source}\` by \`npm run generate\`; do not edit.`,
    '',
    ...documents.flatMap(([name, schema]) => [`## ${name}`, '', ...renderTable(schema), '']),
  ].join('\n')
}

function renderTable(schema: z.ZodType): readonly string[] {
  const root = nodeSchema.parse(z.toJSONSchema(schema, { io: 'input' }))
  return ['| setting | default | range | says |', '|---|---|---|---|', ...rowsOf('', root)]
}

function rowsOf(path: string, node: Node): readonly string[] {
  if (node.items !== undefined) return itemRows(path, node, nodeSchema.parse(node.items))
  if (node.oneOf !== undefined)
    return node.oneOf.flatMap((variant) => rowsOf(path, nodeSchema.parse(variant)))
  if (node.properties === undefined) return [row(path, node, false)]
  const required = new Set(node.required)
  return Object.entries(node.properties).flatMap(([key, value]) => {
    const child = nodeSchema.parse(value)
    const name = path === '' ? key : `${path}.${key}`
    return isLeaf(child) ? [row(name, child, required.has(key))] : rowsOf(name, child)
  })
}

const isLeaf = (node: Node): boolean =>
  node.properties === undefined && node.items === undefined && node.oneOf === undefined

function itemRows(path: string, list: Node, item: Node): readonly string[] {
  const own = list.description === undefined ? [] : [row(path, list, false)]
  return [...own, ...(isLeaf(item) ? [] : rowsOf(`${path}[]`, item))]
}

function row(path: string, node: Node, required: boolean): string {
  const initial =
    node.default === undefined ? (required ? 'must be set' : '') : `\`${JSON.stringify(node.default)}\``
  return `| \`${path}\` | ${initial} | ${range(node)} | ${(node.description ?? '').replaceAll('|', '\\|')} |`
}

function range(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum !== undefined) return node.enum.map((choice) => `\`${String(choice)}\``).join(' ')
  return [node.type ?? '', ...bounds(node)].join(' ').trim()
}

function bounds({ minimum, exclusiveMinimum, maximum }: Node): readonly string[] {
  return [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`to ${maximum}`]),
  ]
}
