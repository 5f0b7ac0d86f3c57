import { type ChatRequest, type Cost, type ErrorCode, FieldkitError, toFieldkitError } from '@fieldkit/core';
import { readWholeAnswer } from './chat-answer.ts';
import { completionOf } from './chat-model.ts';
import { costOf } from './cost.ts';
import type { ProfileName } from './endpoint.ts';
import { type JsonObject, listAt, numberAt, objectAt, stringAt, tryJson } from './json.ts';
import type { ModelFacts, ModelFactsTable } from './model-facts.ts';
import { profiles } from './profiles.ts';
import { readUsage } from './read-usage.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export interface ProbeOptions extends TransportOptions {
  readonly profile: ProfileName;
  /** Model ids, each probed once. */
  readonly models: { readonly chat: readonly string[]; readonly embedding?: string; readonly rerank?: string };
  /** Facts that are believed besides the profile's. */
  readonly facts?: ModelFactsTable;
  /** Tokens of all probes together. Default 20,000. */
  readonly maxTokens?: number;
  /** Money of all probes together; needs prices of every model. */
  readonly maxCost?: Cost;
  readonly signal?: AbortSignal;
  /** Told of each result as it is there. */
  readonly onResult?: (result: ProbeResult) => void;
}

export interface ProbeResult {
  readonly model: string;
  /** What was looked at: `forced tool choice`. */
  readonly probe: string;
  readonly expected: string;
  readonly observed: string;
  /** `note`: nothing was expected; `skipped`: it would have gone over the cap, or the model does not answer at all. */
  readonly verdict: 'same' | 'differs' | 'note' | 'failed' | 'skipped';
}

export interface ProbeReport {
  readonly results: readonly ProbeResult[];
  /** By model: what was decided, and what of it differs from what was believed. */
  readonly measured: Readonly<
    Record<string, { readonly decided: readonly FactName[]; readonly differing: ModelFacts }>
  >;
  readonly calls: number;
  readonly tokens: number;
  readonly cost: Cost | undefined;
}

export type FactName = keyof ModelFacts;

/** What a probe is assumed to take before it is made. */
const PROBE_TOKENS = 600;
const SHORT = 200;
/** Failures that say something about the endpoint as a whole and not about what was asked. */
const ENDPOINT_FAILS: ReadonlySet<ErrorCode> = new Set([
  'MODEL_UNREACHABLE',
  'MODEL_UNAUTHORIZED',
  'MODEL_FORBIDDEN',
  'MODEL_NOT_FOUND',
  'MODEL_ACCOUNT_UNPAID',
  'MODEL_QUOTA_EXHAUSTED',
  'MODEL_RATE_LIMITED',
  'MODEL_OVERLOADED',
  'TIMED_OUT',
]);

const TOOL = {
  name: 'look_up_gate',
  description: 'Looks up when a gate opens.',
  inputSchema: { type: 'object', properties: { gate: { type: 'string' } }, required: ['gate'] },
};
const SCHEMA = {
  type: 'object',
  properties: { colour: { type: 'string' }, number: { type: 'integer' } },
  required: ['colour', 'number'],
  additionalProperties: false,
};
const ask = (content: string): ChatRequest => ({ messages: [{ role: 'user', content }], maxOutputTokens: SHORT });

interface Observed {
  /** Absent: it could not be told. */
  readonly fact?: unknown;
  readonly said: string;
}

/**
 * Asks configured models small things and compares what they do with what is believed of them: thinking, tools, JSON modes, streaming, limits
 * of an answer, embeddings, ranking. Stops before the cap on tokens or money.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for a cap on money when a model has no price, `CANCELLED`.
 */
export async function probeEndpoint(options: ProbeOptions): Promise<ProbeReport> {
  const { models, maxTokens = 20_000, maxCost, signal, onResult } = options;
  const profile = profiles.find(({ name }) => name === options.profile);
  if (profile === undefined)
    throw new FieldkitError('INVALID_CONFIG', `there is no endpoint profile ${options.profile}`);
  const limitsSeen = new Map<string, string>();
  const transport = createTransport({
    ...options,
    onHead(header) {
      for (const name of LIMIT_HEADERS) {
        const value = header(name);
        if (value !== undefined) limitsSeen.set(name, value);
      }
    },
  });
  const results: ProbeResult[] = [];
  const measured: Record<string, { decided: FactName[]; differing: Record<string, unknown> }> = {};
  const spent = { calls: 0, tokens: 0, microUnits: 0 };
  const factsOf = (model: string): ModelFacts => ({ ...profile.facts?.models[model], ...options.facts?.[model] });
  const all = [...models.chat, models.embedding, models.rerank].filter((model) => model !== undefined);
  for (const model of maxCost === undefined ? [] : all) {
    if (factsOf(model).prices?.currency === maxCost?.currency) continue;
    throw new FieldkitError(
      'INVALID_OPTION',
      `a cap in ${maxCost?.currency} needs the price of ${model}; give endpoint.facts[${JSON.stringify(model)}].prices, or cap tokens instead`,
    );
  }

  const add = (result: ProbeResult) => {
    results.push(result);
    onResult?.(result);
  };
  const fits = (model: string) => {
    const next = costOf({ inputTokens: PROBE_TOKENS - SHORT, outputTokens: SHORT, calls: 1 }, factsOf(model).prices);
    const money = maxCost === undefined || spent.microUnits + (next?.microUnits ?? 0) <= maxCost.microUnits;
    return money && spent.tokens + PROBE_TOKENS <= maxTokens;
  };
  const count = (model: string, body: unknown) => {
    const total = numberAt(objectAt(body, 'usage'), 'total_tokens') ?? PROBE_TOKENS;
    const usage = readUsage(body) ?? { inputTokens: total, outputTokens: 0, calls: 1 };
    spent.calls += 1;
    spent.tokens += usage.inputTokens + usage.outputTokens;
    spent.microUnits += costOf(usage, factsOf(model).prices)?.microUnits ?? 0;
  };
  const post = async (model: string, path: string, body: JsonObject): Promise<JsonObject> => {
    try {
      const answer = await transport.postJson(path, body, { model, signal });
      count(model, answer);
      return answer;
    } catch (error) {
      spent.calls += 1; // refused calls are not billed
      throw error;
    }
  };
  const stream = async (model: string, body: JsonObject): Promise<JsonObject[]> => {
    const chunks: JsonObject[] = [];
    const streamed = { ...body, stream: true, stream_options: { include_usage: true } };
    const reader = { read: (chunk: unknown) => chunks.push(objectAt({ chunk }, 'chunk')), end: () => undefined };
    await transport.postStream('/chat/completions', streamed, { model, signal }, reader).over;
    count(
      model,
      chunks.findLast((chunk) => readUsage(chunk) !== undefined),
    );
    return chunks;
  };

  /**
   * One probe. A refusal (400) is an observation, given to `refused`; what concerns the endpoint as a whole makes the probe fail.
   * @returns whether the model is there at all.
   */
  async function probe(
    model: string,
    name: string,
    believed: { readonly fact?: FactName; readonly value?: unknown; readonly said: string },
    look: () => Promise<Observed>,
    refused: (message: string) => Observed | Promise<Observed>,
  ): Promise<boolean> {
    signal?.throwIfAborted();
    const { fact, value, said: expected } = believed;
    if (!fits(model)) {
      add({ model, probe: name, expected, observed: 'not asked: the cap is reached', verdict: 'skipped' });
      return true;
    }
    let seen: Observed;
    try {
      seen = await look().catch((error: unknown) => {
        const { code, message } = toFieldkitError(error);
        if (code === 'CANCELLED' || ENDPOINT_FAILS.has(code)) throw error;
        return refused(message);
      });
    } catch (error) {
      const { code, message } = toFieldkitError(error);
      if (code === 'CANCELLED') throw error;
      add({ model, probe: name, expected, observed: `${code}: ${message}`, verdict: 'failed' });
      return code !== 'MODEL_NOT_FOUND' && code !== 'MODEL_UNREACHABLE' && code !== 'MODEL_UNAUTHORIZED';
    }
    if (fact === undefined || seen.fact === undefined) {
      add({ model, probe: name, expected, observed: seen.said, verdict: 'note' });
      return true;
    }
    const same = JSON.stringify(seen.fact) === JSON.stringify(value);
    add({ model, probe: name, expected, observed: seen.said, verdict: same ? 'same' : 'differs' });
    measured[model] ??= { decided: [], differing: {} };
    measured[model].decided.push(fact);
    if (!same) measured[model].differing[fact] = seen.fact;
    return true;
  }

  const path = '/chat/completions';
  const note = { said: 'nothing' };
  const sorry = (message: string): Observed => ({ said: `refused: ${reasonOf(message)}` });

  async function probeChat(model: string): Promise<void> {
    const facts = factsOf(model);
    // What was found out already holds for what is asked next.
    const bodyOf = (request: ChatRequest, as: ModelFacts = {}) =>
      profile?.chatBody(request, model, { ...facts, ...measured[model]?.differing, ...as }).body ?? {};
    const textOf = (answer: JsonObject, request: ChatRequest) =>
      completionOf(readWholeAnswer(answer, { model, host: transport.host, request }));
    const hello = ask('Say the word "ready" and nothing else.');

    const usual = options.profile === 'generic' ? 'max_tokens' : 'max_completion_tokens';
    const other = usual === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    const limit = facts.outputLimit ?? usual;
    const bounded = async (name: string) => {
      const { max_tokens: _, max_completion_tokens: __, ...rest } = bodyOf(hello);
      await post(model, path, { ...rest, [name]: 32 });
    };
    const there = await probe(
      model,
      'bound of an answer',
      { fact: 'outputLimit', value: limit, said: limit },
      async () => {
        await bounded(usual);
        return { fact: usual, said: usual };
      },
      async () => {
        await bounded(other);
        return { fact: other, said: `${other}; ${usual} is refused` };
      },
    );
    if (!there) return;
    await probe(
      model,
      'an answer',
      { said: 'text, with usage' },
      async () => {
        const answer = await post(model, path, bodyOf(hello));
        const said = readUsage(answer) === undefined ? 'text, without usage' : 'text, with usage';
        return { said: `${said}; answered by ${stringAt(answer, 'model') ?? 'nobody named'}` };
      },
      sorry,
    );
    await probe(
      model,
      'a stream',
      { said: 'pieces, then usage' },
      async () => {
        const chunks = await stream(model, bodyOf(hello));
        const usage = chunks.some((chunk) => readUsage(chunk) !== undefined);
        return { said: `${chunks.length} pieces, ${usage ? 'then usage' : 'without usage'}` };
      },
      sorry,
    );

    if (options.profile === 'dashscope' || options.profile === 'vllm') await probeThinking(model, bodyOf);

    const modes: ('object' | 'schema')[] = [];
    const structured = async (mode: 'object' | 'schema') => {
      const request = {
        ...ask('Give a colour and a number as JSON with the keys "colour" (a word) and "number" (an integer).'),
        output: { name: 'sample', schema: SCHEMA },
      };
      const answer = await post(model, path, bodyOf(request, { jsonModes: [mode] }));
      const value = tryJson(textOf(answer, request).text);
      const { colour, number } = objectAt({ value }, 'value');
      if (typeof colour === 'string' && (mode === 'object' || Number.isInteger(number))) modes.push(mode);
    };
    const believedModes = facts.jsonModes ?? ['object', 'schema'];
    await probe(
      model,
      'JSON modes',
      { fact: 'jsonModes', value: believedModes, said: believedModes.join(', ') || 'none' },
      async () => {
        const refusals: string[] = [];
        for (const mode of ['object', 'schema'] as const) {
          await structured(mode).catch((error: unknown) => {
            const failure = toFieldkitError(error);
            if (ENDPOINT_FAILS.has(failure.code) || failure.code === 'CANCELLED') throw failure;
            refusals.push(`${mode}: ${reasonOf(failure.message)}`);
          });
        }
        return { fact: modes, said: [modes.join(', ') || 'none', ...refusals].join('; ') };
      },
      sorry,
    );

    const gate: ChatRequest = { ...ask('When does gate 7 open? Use the tool.'), tools: [TOOL] };
    const calls = (answer: JsonObject) => textOf(answer, gate).toolCalls.map(({ name }) => name);
    await probe(
      model,
      'a tool, by choice',
      { said: 'a call' },
      async () => {
        const made = calls(await post(model, path, bodyOf(gate)));
        return { said: made.length === 0 ? 'no call' : `a call of ${made.join(', ')}` };
      },
      sorry,
    );
    const forced = facts.forcedTools ?? true;
    await probe(
      model,
      'a tool, demanded',
      { fact: 'forcedTools', value: forced, said: forced ? 'a call' : 'refused' },
      async () => {
        const demanded = { ...gate, toolChoice: { name: TOOL.name } };
        const made = calls(await post(model, path, bodyOf(demanded, { forcedTools: true })));
        return { fact: made.length > 0, said: made.length > 0 ? 'a call' : 'accepted, but no call' };
      },
      (message) => ({ fact: false, ...sorry(message) }),
    );
    await probe(
      model,
      'several calls at once, unless told',
      note,
      async () => {
        const { parallel_tool_calls: _, ...rest } = bodyOf({
          ...gate,
          messages: [{ role: 'user', content: 'When do gate 7 and gate 8 open? Call the tool for both at once.' }],
        });
        return { said: `${calls(await post(model, path, rest)).length} calls` };
      },
      sorry,
    );
  }

  async function probeThinking(
    model: string,
    bodyOf: (request: ChatRequest, as?: ModelFacts) => JsonObject,
  ): Promise<void> {
    const facts = factsOf(model);
    const sum = ask('What is 17 + 25?');
    const switchable: ModelFacts = { thinking: 'hybrid' };
    const thinks = async (thinking: boolean) => {
      const chunks = await stream(model, bodyOf({ ...sum, thinking }, switchable));
      return chunks.some((chunk) => {
        const delta = objectAt(objectAt({ first: listAt(chunk, 'choices')[0] }, 'first'), 'delta');
        return (stringAt(delta, 'reasoning_content') ?? stringAt(delta, 'reasoning') ?? '') !== '';
      });
    };
    const tried = async (thinking: boolean) =>
      thinks(thinking).catch((error: unknown) => {
        const failure = toFieldkitError(error);
        if (ENDPOINT_FAILS.has(failure.code) || failure.code === 'CANCELLED') throw failure;
        return 'refused' as const;
      });
    const believed = facts.thinking ?? 'hybrid';
    await probe(
      model,
      'thinking',
      { fact: 'thinking', value: believed, said: believed },
      async () => {
        const [on, off] = [await tried(true), await tried(false)];
        const kind = on !== true ? 'none' : off === false ? 'hybrid' : 'only';
        const word = (seen: boolean | 'refused') =>
          seen === 'refused' ? 'refused' : seen ? 'thinks' : 'does not think';
        return { fact: kind, said: `${kind}: switched on it ${word(on)}, off it ${word(off)}` };
      },
      sorry,
    );
    await probe(
      model,
      'thinking, unless told',
      note,
      async () => {
        const { enable_thinking: _, chat_template_kwargs: __, ...rest } = bodyOf(sum, switchable);
        const message = objectAt(
          objectAt({ first: listAt(await post(model, path, rest), 'choices')[0] }, 'first'),
          'message',
        );
        return { said: (stringAt(message, 'reasoning_content') ?? '') === '' ? 'does not think' : 'thinks' };
      },
      sorry,
    );
    await probe(
      model,
      'thinking, not streamed',
      note,
      async () => {
        await post(model, path, bodyOf({ ...sum, thinking: true }, switchable));
        return { said: 'accepted' };
      },
      sorry,
    );
    if (options.profile !== 'dashscope') return;
    for (const [fact, extra] of [
      ['reasoningEffort', { reasoning_effort: 'medium' }],
      ['preserveThinking', { preserve_thinking: true }],
    ] as const) {
      if (facts[fact] !== true) continue;
      await probe(
        model,
        fact === 'reasoningEffort' ? 'reasoning effort' : 'earlier thinking given back',
        { fact, value: true, said: 'accepted' },
        async () => {
          await stream(model, { ...bodyOf({ ...sum, thinking: true }, switchable), ...extra });
          return { fact: true, said: 'accepted' };
        },
        (message) => ({ fact: false, ...sorry(message) }),
      );
    }
  }

  async function probeEmbedding(model: string): Promise<void> {
    const facts = factsOf(model);
    const embed = (texts: readonly string[], dimensions?: number, extra: JsonObject = {}) =>
      post(model, '/embeddings', { ...profile?.embeddingBody(texts, model, dimensions), ...extra });
    const vectorOf = (answer: JsonObject) => objectAt({ first: listAt(answer, 'data')[0] }, 'first').embedding;
    const lengthOf = (answer: JsonObject) => {
      const vector = vectorOf(answer);
      return Array.isArray(vector) ? vector.length : 0;
    };
    const texts = (number: number) => Array.from({ length: number }, (_, index) => `gate ${index + 1}`);
    const believed = facts.dimensions;
    const there = await probe(
      model,
      'length of vectors',
      {
        fact: 'dimensions',
        value: believed,
        said: believed === undefined ? 'not known' : `${believed.join(', ')}, the first unless told`,
      },
      async () => {
        const usual = lengthOf(await embed(texts(1)));
        const made = usual === 0 ? [] : [usual];
        for (const length of believed?.filter((one) => one !== usual) ?? []) {
          if (!fits(model)) break;
          const answer = await embed(texts(1), length).catch((error: unknown) => {
            if (toFieldkitError(error).code === 'MODEL_BAD_REQUEST') return {};
            throw error;
          });
          if (lengthOf(answer) === length) made.push(length);
        }
        const fact = made.length === 0 ? {} : { fact: made };
        return { ...fact, said: made.length === 0 ? 'no vector' : `${made.join(', ')}; ${usual} unless told` };
      },
      sorry,
    );
    if (!there) return;
    const cap = facts.maxBatch ?? profile?.maxEmbeddingBatch ?? 10;
    await probe(
      model,
      'texts in one request',
      { fact: 'maxBatch', value: cap, said: `${cap}` },
      async () => {
        await embed(texts(cap));
        const more = await embed(texts(cap + 1)).then(
          () => undefined,
          (error: unknown) => toFieldkitError(error).message,
        );
        return { fact: cap, said: more === undefined ? `${cap + 1} too` : `${cap}; more is refused` };
      },
      async (message) => {
        const said = Number(/(?:larger|more|greater) than (\d+)/i.exec(message)?.[1]);
        let size = Number.isInteger(said) && said >= 1 && said < cap ? said : Math.ceil(cap / 2);
        for (;;) {
          const works = await embed(texts(size)).then(
            () => true,
            () => false,
          );
          if (works || size === 1)
            return works ? { fact: size, said: `${size}; ${reasonOf(message)}` } : sorry(message);
          size = Math.ceil(size / 2);
        }
      },
    );
    await probe(
      model,
      'vectors as base64, when asked for',
      note,
      async () => {
        const vector = vectorOf(await embed(texts(1), undefined, { encoding_format: 'base64' }));
        return { said: typeof vector === 'string' ? 'base64' : 'floats all the same' };
      },
      sorry,
    );
  }

  async function probeRerank(model: string): Promise<void> {
    const facts = factsOf(model);
    const believed = facts.path ?? 'flat';
    const rank = async (where: 'flat' | 'native') => {
      const wire = profile?.rerank(
        'when does gate 7 open',
        ['Gate 7 opens at nine.', 'Bring a coat.'],
        2,
        model,
        { ...facts, path: where },
        transport.baseUrl,
      );
      const answer = await post(model, wire?.path ?? '', wire?.body ?? {});
      const ranked = [...listAt(answer, 'results'), ...listAt(objectAt(answer, 'output'), 'results')];
      if (ranked.length === 0) throw new FieldkitError('MODEL_INVALID_RESPONSE', 'it gave no ranking');
      return { fact: where, said: `${where}; the first is ${numberAt(ranked[0], 'index') === 0 ? 'right' : 'wrong'}` };
    };
    const second = options.profile === 'dashscope' ? (believed === 'flat' ? 'native' : 'flat') : undefined;
    await probe(
      model,
      'ranking',
      { fact: 'path', value: believed, said: believed },
      () =>
        rank(believed).catch((error: unknown) => {
          // At a wrong path the model is not found.
          if (second !== undefined && toFieldkitError(error).code === 'MODEL_NOT_FOUND') return rank(second);
          throw error;
        }),
      (message) => (second === undefined ? sorry(message) : rank(second)),
    );
  }

  try {
    for (const model of new Set(models.chat)) await probeChat(model);
    if (models.embedding !== undefined) await probeEmbedding(models.embedding);
    if (models.rerank !== undefined) await probeRerank(models.rerank);
  } finally {
    await transport.close();
  }
  for (const [name, value] of limitsSeen)
    add({ model: 'all', probe: `limit seen: ${name}`, expected: 'nothing', observed: value, verdict: 'note' });
  const currency = maxCost?.currency ?? all.map((model) => factsOf(model).prices?.currency).find(Boolean);
  return {
    results,
    measured: measured as ProbeReport['measured'], // every value was found by the probe of its fact
    calls: spent.calls,
    tokens: spent.tokens,
    cost: currency === undefined ? undefined : { currency, microUnits: spent.microUnits },
  };
}

/** What endpoints say of their limits, where they do. */
const LIMIT_HEADERS = [
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
];

/** The endpoint's own words in one of our messages. */
function reasonOf(message: string): string {
  return /\((?:\d{3}, )?(?:[\w.]+, )?(.*)\)[^)]*$/.exec(message)?.[1] ?? message;
}
