import {
  type CallOptions,
  type ChatModel,
  type Clock,
  type Embedder,
  FieldkitError,
  type Limiter,
  type Reranker,
  type RetryOptions,
  systemClock,
} from '@fieldkit/core';
import { type BatchModel, createBatchModel } from './batch.ts';
import { checkLimits, createCallPolicy, type RateLimits } from './call-policy.ts';
import { type ChatDefaults, createChatModel } from './chat-model.ts';
import { createEmbedder, type EmbedderOptions, isStandinModel } from './embedder.ts';
import { createFailover, type FailoverOptions } from './failover.ts';
import { listAt, stringAt } from './json.ts';
import { factsOf, type ModelFactsTable, modelAdvice, standinFacts } from './model-facts.ts';
import { profiles } from './profiles.ts';
import { createReranker } from './reranker.ts';
import type { SpendingGuard } from './spending-guard.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export type ProfileName = 'dashscope' | 'openai' | 'vllm' | 'generic';

export interface EndpointOptions extends TransportOptions {
  readonly profile: ProfileName;
  /** Default: 4 tries, pauses from 0.5 s to 20 s with full jitter. */
  readonly retry?: RetryOptions;
  /** Facts that differ from ours, by model: prices, limits, dimensions. */
  readonly modelFacts?: ModelFactsTable;
  /** Requests and tokens per minute by model; without them the pace is found by being refused. */
  readonly limits?: RateLimits;
  /** Stops calls that would exceed a limit on money; counts only models with prices. */
  readonly spending?: SpendingGuard;
}

export interface EndpointChatOptions extends ChatDefaults {
  /** Models of the same endpoint that are asked, in order, when this one does not answer. */
  readonly fallbacks?: readonly string[];
  readonly failover?: FailoverOptions;
  /** Default false: whoever has somebody else to ask tries once and does not wait. */
  readonly impatient?: boolean;
}

/** One OpenAI-compatible endpoint. */
export interface Endpoint {
  readonly host: string;
  /** @throws {FieldkitError} `MODEL_NOT_FOUND` for a model that is retired. */
  chat(model: string, options?: EndpointChatOptions): ChatModel;
  embedder(model: string, options?: EmbedderOptions): Embedder;
  reranker(model: string): Reranker;
  /** The same chat requests by file, where the endpoint offers it. */
  batch(model: string): BatchModel;
  listModels(options?: CallOptions): Promise<{ id: string; standin?: boolean }[]>;
  /** May be called twice. */
  close(): Promise<void>;
}

/**
 * A client for one endpoint. Nothing is sent before the first call, and only to `baseUrl`: `OPENAI_*` variables change nothing.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` or `INVALID_OPTION` for options that cannot work.
 */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const { retry = {}, limits = {}, spending, cassette } = options;
  const { clock = cassette?.mode === 'replay' ? hurriedClock : systemClock } = options;
  const profile = profiles.find(({ name }) => name === options.profile);
  if (profile === undefined) {
    const known = profiles.map(({ name }) => name).join(', ');
    throw new FieldkitError(
      'INVALID_CONFIG',
      `endpoint.profile is one of ${known}, not ${JSON.stringify(options.profile)}`,
    );
  }
  const table: ModelFactsTable = {
    ...profile.facts?.models,
    ...standinFacts,
    ...mergeFacts(profile.facts?.models, options.modelFacts),
  };
  const transport = createTransport({ ...options, clock, modelAdvice: (model) => modelAdvice(model, table) });
  const limiters = new Map<string, Limiter>();
  const policy = createCallPolicy({ retry, limits: checkLimits(limits), clock, limiters });
  // Whoever has somebody else to ask does not wait long.
  const impatient = createCallPolicy({ retry: { ...retry, attempts: 1 }, limits, clock, limiters });
  const dependenciesOf = (model: string) => {
    if (model.trim() === '') throw new FieldkitError('INVALID_OPTION', 'the name of the model is empty');
    return { transport, profile, facts: factsOf(model, table, new Date(clock.now())), policy, spending };
  };
  return {
    host: transport.host,
    chat: (model, chatOptions = {}) => {
      const { fallbacks = [], failover = {}, impatient: hurry = false, ...defaults } = chatOptions;
      const dependencies = dependenciesOf(model);
      if (fallbacks.length === 0)
        return createChatModel(model, defaults, hurry ? { ...dependencies, policy: impatient } : dependencies);
      const routes = [model, ...fallbacks].map((name, index) => {
        const last = index === fallbacks.length;
        return {
          name,
          model: createChatModel(name, defaults, { ...dependenciesOf(name), policy: last ? policy : impatient }),
        };
      });
      const [first = { name: model, model: createChatModel(model, defaults, dependenciesOf(model)) }, ...rest] = routes;
      return createFailover([first, ...rest], { clock, ...failover });
    },
    embedder: (model, embedderOptions = {}) => createEmbedder(model, embedderOptions, dependenciesOf(model)),
    reranker: (model) => createReranker(model, dependenciesOf(model)),
    batch: (model) => createBatchModel(model, { ...dependenciesOf(model), clock }),
    async listModels({ signal } = {}) {
      const body = await transport.getJson('/models', { signal });
      return listAt(body, 'data').flatMap((entry) => {
        const id = stringAt(entry, 'id');
        if (id === undefined) return [];
        return [
          {
            id,
            ...(isStandinModel(id) || stringAt(entry, 'owned_by') === 'fieldkit-standin' ? { standin: true } : {}),
          },
        ];
      });
    },
    close: () => transport.close(),
  };
}

/** For replays: waits between tries are a thousand times shorter, as nobody is spared by them. */
const hurriedClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 1000,
  sleep: (ms, signal) => systemClock.sleep(ms / 1000, signal),
};

/** A project's facts add to ours field by field. */
function mergeFacts(ours: ModelFactsTable = {}, theirs: ModelFactsTable = {}): ModelFactsTable {
  return Object.fromEntries(Object.entries(theirs).map(([model, facts]) => [model, { ...ours[model], ...facts }]));
}
