import type { HrTime } from '@opentelemetry/api'
import { attr, event } from '@sandglass/schemas/semconv'
import type { PromptLink, Scope } from '../context/scope.ts'
import { NO_FACTS } from '../facts.ts'
import type { Facts } from '../facts.ts'
import { emitEvent, openSpan, whereNow, type Instrument } from '../instrument.ts'
import { CLIENT } from '../span-kind.ts'
import type { OpenSpan } from '../span-record.ts'
import { attachedSpan, runPlaced, type OpenPrompt, type PlacedCall } from './open-call.ts'
import type { ModelUsage, Prompt, PromptSpec } from './task-spec.ts'

const ID_BYTES = 8
const NAMELESS_MODEL = 'unknown'

/** A prompt that knows its span, so that the tools it asks for can link to it. */
export interface LinkedPrompt extends OpenPrompt, PlacedCall {
  readonly link: PromptLink
}

const nameOf = (model: string | undefined): string => `chat ${model ?? ''}`.trim()

function askedFacts({ content }: Instrument, asked: Pick<PromptSpec, 'text' | 'source' | 'model'>): Facts {
  return {
    [attr.promptSource]: asked.source,
    [attr.requestModel]: asked.model,
    [attr.promptMessages]: content.prompts === true ? asked.text : undefined,
  }
}

function promptFacts(instrument: Instrument, spec: PromptSpec, id: string): Facts {
  return {
    [attr.operationName]: 'chat',
    [attr.promptId]: id,
    [attr.promptRef]: spec.ref,
    [attr.providerName]: spec.provider,
    ...askedFacts(instrument, spec),
  }
}

/** Runs `run` as a model call; settles as it does. What follows in the enclosing frame was caused by this prompt. */
export async function runPrompt<T>(
  instrument: Instrument,
  spec: PromptSpec,
  run: (prompt: Prompt) => T | Promise<T>,
): Promise<T> {
  const prompt = beginPrompt(instrument, spec)
  try {
    return await prompt.run(() => run(prompt))
  } catch (error) {
    prompt.fail(error)
    throw error
  } finally {
    prompt.end()
  }
}

/** Begins a model call. What follows in the frame it begins in was caused by it. */
export function beginPrompt(instrument: Instrument, spec: PromptSpec): LinkedPrompt {
  const { scopes, sandboxes, guard } = instrument
  const outer = scopes.getStore()
  const id = spec.id ?? `prm_${instrument.random(ID_BYTES)}`
  const span = spanOf(instrument, outer, spec, id)
  const link = { id, span: span.span }
  const leave = guard(() => sandboxes.enter('model_wait'))
  if (outer !== undefined) outer.frame.prompt = link
  const scope = outer && {
    ...outer,
    span: span.span ?? outer.span,
    frame: outer.frame.inside(NO_FACTS, link, outer.frame.tool),
  }
  const place = { scope, entered: scopes.entered() }
  let { text } = spec
  const end = endOf(instrument, span, () => text)
  return {
    ...answersOf(instrument, scope, span, { spec, id }),
    link,
    place,
    run: (run) => runPlaced(instrument, place, run),
    fail: (error) => span.fail(error),
    asked(asked) {
      text = asked.text
      if (asked.model !== undefined) span.rename(nameOf(asked.model))
      span.set(askedFacts(instrument, asked))
    },
    end() {
      guard(() => leave?.())
      end()
    },
  }
}

function spanOf(instrument: Instrument, outer: Scope | undefined, spec: PromptSpec, id: string): OpenSpan {
  if (spec.attachTo !== undefined) return attachedSpan(spec.attachTo)
  return openSpan(instrument, outer, whereNow(instrument), {
    name: nameOf(spec.model),
    kind: CLIENT,
    facts: promptFacts(instrument, spec, id),
  })
}

/** Ends the span as of the time it is called, once the hash of the text is there. */
function endOf(instrument: Instrument, span: OpenSpan, text: () => string): () => void {
  const { promptHash, recorder, settling } = instrument
  let isEnding = span.ended
  async function finish(at: HrTime): Promise<void> {
    span.set({ [attr.promptHash]: await promptHash(text()) })
    span.end(at)
  }
  return () => {
    if (isEnding) return
    isEnding = true
    settling.track(finish(recorder.now()))
  }
}

function usageFacts(spec: PromptSpec, usage: ModelUsage): Facts {
  return {
    [attr.providerName]: usage.provider ?? spec.provider,
    [attr.requestModel]: usage.model ?? spec.model ?? NAMELESS_MODEL,
    [attr.inputTokens]: usage.inputTokens,
    [attr.cachedInputTokens]: usage.cachedInputTokens,
    [attr.outputTokens]: usage.outputTokens,
    [attr.reasoningTokens]: usage.reasoningTokens,
  }
}

function answersOf(
  instrument: Instrument,
  scope: Scope | undefined,
  span: OpenSpan,
  { spec, id }: { readonly spec: PromptSpec; readonly id: string },
): Prompt {
  let answers = 0
  return {
    id,
    usage(usage) {
      const responseId = usage.responseId ?? `${id}.${++answers}`
      const facts = { ...usageFacts(spec, usage), [attr.responseId]: responseId }
      span.set(facts)
      const where = whereNow(instrument)
      emitEvent(instrument, scope ?? instrument.scopes.getStore(), where, event.inferenceMeasured, {
        ...facts,
        [attr.promptId]: id,
        [attr.operationName]: 'chat',
        [attr.chargeSource]: usage.source ?? 'provider',
      })
    },
    answer(text) {
      if (instrument.content.prompts === true) span.set({ [attr.outputMessages]: text })
    },
  }
}
