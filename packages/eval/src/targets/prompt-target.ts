import {
  type ChatCompletion,
  type ChatModel,
  type ChatRequest,
  complete,
  detectLanguage,
  type JsonSchema,
  sha256,
} from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import type { BatchClient } from '../ledger/batch-client.ts';
import type { NamedTarget } from '../ledger/evaluate-to-ledger.ts';
import { type Outcome, textAnswer } from '../target.ts';
import { statusOfText } from './status-of-text.ts';
import { fillTemplate } from './template.ts';

/** A prompt under test. */
export interface PromptUnderTest {
  readonly name: string;
  readonly system?: string;
  /** With `{{question}}` and other placeholders. */
  readonly user: string;
  /** 0 to 2. Default 0. */
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  /** Default false. */
  readonly thinking?: boolean;
  readonly output?: { readonly name: string; readonly schema: JsonSchema };
}

export interface PromptTargetOptions {
  readonly prompt: PromptUnderTest;
  readonly model: ChatModel;
  /** All that the model's answers depend on besides its name: endpoint host, settings. */
  readonly modelIdentity?: unknown;
  /** The same model's batches, for `evaluateByBatch`. */
  readonly batch?: BatchClient;
  readonly now?: () => number;
}

/** A prompt on a model, without retrieval or tools. It keeps no trace: prompt and answer are all there is. */
export function createPromptTarget({
  prompt,
  model,
  modelIdentity,
  batch,
  now = () => performance.now(),
}: PromptTargetOptions): NamedTarget {
  const { name, system, user, temperature = 0, maxOutputTokens, thinking = false, output } = prompt;
  const settings = { temperature, maxOutputTokens, thinking, output };
  const requestFor = (item: Case): ChatRequest => ({
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: fillTemplate(system, item) }]),
      { role: 'user', content: fillTemplate(user, item) },
    ],
    temperature,
    thinking,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(output === undefined ? {} : { output }),
  });
  return {
    name: `${name} on ${model.name}`,
    identity: {
      kind: 'prompt',
      prompt: sha256(JSON.stringify([system ?? '', user])),
      model: model.name,
      modelIdentity: modelIdentity ?? null,
      settings,
    },
    async ask(item, { signal }) {
      const started = now();
      const done = await complete(model, requestFor(item), { signal });
      return outcomeOf(item, done, now() - started);
    },
    ...(batch === undefined
      ? {}
      : { batch: { client: batch, request: requestFor, read: (item, done) => outcomeOf(item, done, 0) } }),
  };
}

/** What an answer says, with everything that scorers look at. A batch has no time of its own. */
function outcomeOf(item: Case, done: ChatCompletion, durationMs: number): Outcome {
  return {
    answer: textAnswer(done.text, {
      language: detectLanguage(done.text),
      usage: done.usage,
      status: statusOfText(done.text),
    }),
    durationMs,
    finish: done.reason,
    ...(item.contexts === undefined ? {} : { contexts: item.contexts }),
    ...(done.reasoning === '' ? {} : { reasoning: done.reasoning }),
    ...(done.toolCalls.length === 0
      ? {}
      : {
          toolCalls: done.toolCalls.map(({ name: tool, arguments: json }) => ({
            name: tool,
            arguments: parseArguments(json),
          })),
        }),
    ...(done.cost === undefined ? {} : { cost: done.cost }),
  };
}

/** Every prompt on every model. */
export function promptMatrix(
  prompts: readonly PromptUnderTest[],
  models: readonly ChatModel[],
  modelIdentity?: unknown,
): NamedTarget[] {
  return prompts.flatMap((prompt) => models.map((model) => createPromptTarget({ prompt, model, modelIdentity })));
}

function parseArguments(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    // A JSON object has string keys.
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // not JSON: shown as it was written
  }
  return { invalid: json };
}
