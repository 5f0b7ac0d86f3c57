import { type ChatRequest, type Cost, type ErrorCode, FieldkitError, toFieldkitError } from '@fieldkit/core';
import { costOf } from '../cost.ts';
import type { ProfileName } from '../endpoint.ts';
import { type JsonObject, numberAt, objectAt } from '../json.ts';
import type { ModelFacts, ModelFactsTable } from '../model-facts.ts';
import type { EndpointProfile } from '../profiles/profile.ts';
import { profiles } from '../profiles.ts';
import { readUsage } from '../read-usage.ts';
import { createTransport, type Transport, type TransportOptions } from '../transport.ts';

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
/** Tokens of an answer at most. */
export const SHORT = 200;
/** Failures that say something about the endpoint as a whole and not about what was asked. */
export const ENDPOINT_FAILS: ReadonlySet<ErrorCode> = new Set([
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

export const ask = (content: string): ChatRequest => ({
  messages: [{ role: 'user', content }],
  maxOutputTokens: SHORT,
});

export interface Observed {
  /** Absent: it could not be told. */
  readonly fact?: unknown;
  readonly said: string;
}

/** What is believed of a model before it is asked; without `fact` the answer is only noted. */
export interface Believed {
  readonly fact?: FactName;
  readonly value?: unknown;
  readonly said: string;
}

/** Asks within the caps, counts what it costs, and compares what is seen with what is believed. */
export interface ProbeSession {
  readonly options: ProbeOptions;
  readonly profile: EndpointProfile;
  readonly transport: Transport;
  /** What is believed of a model. */
  factsOf(model: string): ModelFacts;
  /** What was found to differ so far: it holds for what is asked next. */
  differing(model: string): Readonly<Record<string, unknown>>;
  /** Whether one more call stays under the caps. */
  fits(model: string): boolean;
  post(model: string, path: string, body: JsonObject): Promise<JsonObject>;
  /** The pieces of a streamed chat answer. */
  stream(model: string, body: JsonObject): Promise<JsonObject[]>;
  /**
   * One probe. A refusal (400) is an observation, given to `refused`; what concerns the endpoint as a whole makes the probe fail.
   * @returns whether the model is there at all.
   */
  probe(
    model: string,
    name: string,
    believed: Believed,
    look: () => Promise<Observed>,
    refused: (message: string) => Observed | Promise<Observed>,
  ): Promise<boolean>;
  /** What was found; asked for once, at the end. */
  report(): ProbeReport;
  close(): Promise<void>;
}

/** @throws {FieldkitError} `INVALID_OPTION` for a cap on money when a model has no price. */
export function createProbeSession(options: ProbeOptions): ProbeSession {
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

  async function probe(
    model: string,
    name: string,
    believed: Believed,
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

  return {
    options,
    profile,
    transport,
    factsOf,
    differing: (model) => measured[model]?.differing ?? {},
    fits,
    post,
    stream,
    probe,
    close: transport.close,
    report() {
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
    },
  };
}

/** What endpoints say of their limits, where they do. */
const LIMIT_HEADERS = [
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
];

/** What a refused probe says. */
export function sorry(message: string): Observed {
  return { said: `refused: ${reasonOf(message)}` };
}

/** The endpoint's own words in one of our messages. */
export function reasonOf(message: string): string {
  return /\((?:\d{3}, )?(?:[\w.]+, )?(.*)\)[^)]*$/.exec(message)?.[1] ?? message;
}
