import { attr, event } from '@sandglass/schemas/semconv'
import type { Scope } from '../context/scope.ts'
import { NO_FACTS } from '../facts.ts'
import type { Facts } from '../facts.ts'
import { emitEvent, openSpan, whereNow, type Instrument } from '../instrument.ts'
import { CLIENT } from '../span-kind.ts'
import type { OpenSpan } from '../span-record.ts'
import type { ModelUsage, Prompt, PromptSpec } from './task-spec.ts'

const ID_BYTES = 8
const NAMELESS_MODEL = 'unknown'

function promptFacts(instrument: Instrument, spec: PromptSpec, id: string): Facts {
  return {
    [attr.operationName]: 'chat',
    [attr.promptId]: id,
    [attr.promptSource]: spec.source,
    [attr.promptRef]: spec.ref,
    [attr.providerName]: spec.provider,
    [attr.requestModel]: spec.model,
    [attr.promptMessages]: instrument.content.prompts === true ? spec.text : undefined,
  }
}

/** Runs `run` as a model call; settles as it does. What follows in the enclosing frame was caused by this prompt. */
export async function runPrompt<T>(
  instrument: Instrument,
  spec: PromptSpec,
  run: (prompt: Prompt) => T | Promise<T>,
): Promise<T> {
  const outer = instrument.scopes.getStore()
  const id = spec.id ?? `prm_${instrument.random(ID_BYTES)}`
  const where = whereNow(instrument)
  const span = openSpan(instrument, outer, where, {
    name: `chat ${spec.model ?? ''}`.trim(),
    kind: CLIENT,
    facts: promptFacts(instrument, spec, id),
  })
  const hash = instrument.promptHash(spec.text)
  const leave = instrument.guard(() => instrument.sandboxes.enter('model_wait'))
  const link = { id, span: span.span }
  if (outer !== undefined) outer.frame.prompt = link
  const scope = outer && {
    ...outer,
    span: span.span ?? outer.span,
    frame: outer.frame.inside(NO_FACTS, link, outer.frame.tool),
  }
  const prompt = createPrompt(instrument, scope, span, { spec, id })
  try {
    return await (scope === undefined ? run(prompt) : instrument.scopes.run(scope, () => run(prompt)))
  } catch (error) {
    span.fail(error)
    throw error
  } finally {
    instrument.guard(() => leave?.())
    span.set({ [attr.promptHash]: await hash })
    span.end()
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

function createPrompt(
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
