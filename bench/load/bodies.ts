/** The request bodies of a load: every one sent is different from every other. */
import { gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { toJson } from '../payload-json.ts'
import { toProtobuf } from '../payload-protobuf.ts'
import { requests, type RequestModel } from '../payload.ts'
import { findJsonMarks, findProtobufMarks } from './marks.ts'
import { createTemplate, scramble, vary, type Template } from './template.ts'

export type LoadEncoding = 'protobuf' | 'json' | 'gzip'

export interface LoadShape {
  readonly encoding: LoadEncoding
  readonly spansPerRequest: number
}

export interface Bodies {
  /** Undefined when there is none left that is different. */
  take(): Body | undefined
  /** Its bytes may be changed again. */
  giveBack(body: Body): void
  /** For a receiver that has seen none of them: what cannot be varied may be taken once more. */
  rewind(): void
}

export interface Body {
  readonly bytes: Buffer
  readonly template?: Template
}

export interface BodyCounts {
  /** Spans that are generated; what is sent are variations of them. */
  readonly templateSpans: number
  /** Gzipped bodies to make before a run: compressing beside it would cost the collector its core. */
  readonly gzipped: number
}

/** How long before they are sent the spans of a request begin, ms. */
const SPAN_AGE_MS = 2_000

let sent = 0

export async function createBodies(shape: LoadShape, counts: BodyCounts): Promise<Bodies> {
  const templates = createTemplates(shape, counts.templateSpans)
  return shape.encoding === 'gzip' ? createGzipped(templates, counts.gzipped) : createVaried(templates)
}

function createTemplates({ encoding, spansPerRequest }: LoadShape, spans: number): readonly Template[] {
  const source = requests({ seed: 1, spansPerRequest, startMs: Date.now() - SPAN_AGE_MS })
  return Array.from({ length: Math.ceil(spans / spansPerRequest) }, (_, index) => {
    const request = withUniqueIds(source.next().value, index * spansPerRequest)
    const json = encoding === 'json'
    const body = json ? toJson(request) : toProtobuf(request)
    return createTemplate(body, json ? findJsonMarks(body) : findProtobufMarks(body))
  })
}

/** Half of each span id becomes a number of its own; the other half varies with each sending, so no two spans share an id. */
const withUniqueIds = (request: RequestModel, first: number): RequestModel => ({
  ...request,
  spans: request.spans.map((span, index) => ({
    ...span,
    spanId: span.spanId.slice(0, 8) + hex(scramble(first + index)),
  })),
})

const hex = (value: number): string => value.toString(16).padStart(8, '0')

function varied(template: Template): Buffer {
  vary(template, (sent += 1), Date.now() - SPAN_AGE_MS)
  return template.body
}

function createVaried(templates: readonly Template[]): Bodies {
  const free = [...templates]
  return {
    take() {
      const template = free.shift()
      return template === undefined ? undefined : { bytes: varied(template), template }
    },
    giveBack: ({ template }) => void (template !== undefined && free.push(template)),
    rewind: () => undefined,
  }
}

/** Compressed at once, which is as many as the thread pool of Node has threads. */
const AT_ONCE = 4

async function createGzipped(templates: readonly Template[], count: number): Promise<Bodies> {
  const made: Buffer[] = []
  const makeSome = async (worker: number): Promise<void> => {
    for (let index = worker; index < count; index += AT_ONCE) {
      const template = templates[index % templates.length]
      if (template !== undefined) made.push(await promisify(gzip)(Buffer.from(varied(template))))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => makeSome(worker)))
  let taken = 0
  return {
    take() {
      const bytes = made[taken]
      taken += 1
      return bytes === undefined ? undefined : { bytes }
    },
    giveBack: () => undefined,
    rewind: () => {
      taken = 0
    },
  }
}
