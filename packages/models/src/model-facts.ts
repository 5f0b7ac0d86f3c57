import { FieldkitError, nearestName } from '@fieldkit/core';

/** Price per million tokens for inputs up to a length; the currency is the table's. */
export interface PriceTier {
  /** Inputs up to this many tokens; absent for the last tier. */
  readonly upToInputTokens?: number;
  readonly input: number;
  readonly output: number;
  /** Part of the input read from a cache. Default: the input price. */
  readonly cachedInput?: number;
}

export interface Prices {
  /** ISO 4217. */
  readonly currency: string;
  /** ISO date on which these prices were read. */
  readonly asOf: string;
  readonly tiers: readonly PriceTier[];
  /** Factor on all prices in batch files. Default 1. */
  readonly batchFactor?: number;
}

/** What is known of a model. Everything is optional: a model nobody described is used with safe defaults. */
export interface ModelFacts {
  readonly kind: 'chat' | 'embedding' | 'rerank';
  /** Input and output together, tokens. */
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
  /** `hybrid`: switched by the request; `only`: cannot be switched off; `none`: no such thing. Default `hybrid`. */
  readonly thinking?: 'hybrid' | 'only' | 'none';
  /** Reasoning effort is said instead of a switch. */
  readonly reasoningEffort?: boolean;
  /** Earlier reasoning is wanted back. */
  readonly preserveThinking?: boolean;
  /** JSON modes that hold what they promise. Default both. */
  readonly jsonModes?: readonly ('object' | 'schema')[];
  /** Embeddings: default first. */
  readonly dimensions?: readonly number[];
  /** Most inputs in one request of embeddings or documents in one rerank. */
  readonly maxBatch?: number;
  /** Tokens of one input of embeddings or rerank. */
  readonly maxInputTokens?: number;
  /** Rerank: where it is served. */
  readonly path?: 'flat' | 'native';
  /** ISO date from which it no longer answers. */
  readonly retiredOn?: string;
  readonly prices?: Prices;
}

export type ModelFactsTable = Readonly<Record<string, ModelFacts>>;

/** Facts with the date they were gathered; a project overrides single models. */
export interface DatedFacts {
  /** ISO date. */
  readonly asOf: string;
  readonly models: ModelFactsTable;
}

const MILLION = 1_000_000;

/** Model Studio, gathered in November 2026. No prices: they differ by region and contract, so a project states its own. */
export const dashscopeFacts: DatedFacts = {
  asOf: '2026-11-15',
  models: {
    'qwen4-max': { kind: 'chat', contextTokens: MILLION, reasoningEffort: true },
    'qwen3.8-max': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 131_072, reasoningEffort: true },
    'qwen3.7-flash': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 131_072 },
    'qwen3.7-max': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 65_536, preserveThinking: true },
    'qwen3.7-plus': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 65_536, preserveThinking: true },
    'qwen3.6-plus': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 65_536, preserveThinking: true },
    'qwen3.6-flash': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 65_536 },
    'qwen3.5-plus': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 65_536 },
    'qwen3.5-flash': { kind: 'chat' },
    'qwen-plus': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 16_384 },
    'qwen-flash': { kind: 'chat', contextTokens: MILLION, maxOutputTokens: 32_768 },
    'qwen3.7-text-embedding': {
      kind: 'embedding',
      dimensions: [1024, 2560, 2048, 1536, 768, 512, 256],
      maxBatch: 20,
      maxInputTokens: 128_000,
    },
    'text-embedding-v4': {
      kind: 'embedding',
      dimensions: [1024, 2048, 1536, 768, 512, 256, 128, 64],
      maxBatch: 10,
      maxInputTokens: 8192,
    },
    'text-embedding-v3': {
      kind: 'embedding',
      dimensions: [1024, 768, 512, 256, 128, 64],
      maxBatch: 10,
      maxInputTokens: 8192,
    },
    'text-embedding-v2': { kind: 'embedding', dimensions: [1536], maxBatch: 25, maxInputTokens: 2048 },
    'text-embedding-v1': { kind: 'embedding', dimensions: [1536], maxBatch: 25, maxInputTokens: 2048 },
    'qwen3-rerank': { kind: 'rerank', maxBatch: 500, maxInputTokens: 4000, path: 'flat' },
    'gte-rerank-v2': { kind: 'rerank', maxBatch: 500, maxInputTokens: 4000, path: 'native' },
    'qwen3-vl-rerank': { kind: 'rerank', maxBatch: 500, path: 'native' },
    'gte-rerank': { kind: 'rerank', retiredOn: '2026-05-30' },
    'qwen-max': { kind: 'chat', retiredOn: '2026-07-13' },
    'qwen-turbo': { kind: 'chat', retiredOn: '2026-07-13' },
    'qwen-vl-max': { kind: 'chat', retiredOn: '2026-07-13' },
    'qwen-vl-plus': { kind: 'chat', retiredOn: '2026-07-13' },
    'qwq-plus': { kind: 'chat', retiredOn: '2026-07-13' },
    'qvq-max': { kind: 'chat', retiredOn: '2026-07-13' },
    'qwen3-max': { kind: 'chat', retiredOn: '2026-10-11' },
    'qwen3.6-max-preview': { kind: 'chat', retiredOn: '2026-10-11' },
    'qwen3-32b': { kind: 'chat', retiredOn: '2026-10-11' },
    'qwen3-coder-plus': { kind: 'chat', retiredOn: '2026-10-11' },
    'qwen4-max-preview': { kind: 'chat', retiredOn: '2026-11-25' },
  },
};

/** OpenAI's embedding models, for the `openai` profile. */
export const openaiFacts: DatedFacts = {
  asOf: '2026-11-15',
  models: {
    'text-embedding-3-small': { kind: 'embedding', dimensions: [1536], maxBatch: 2048, maxInputTokens: 8191 },
    'text-embedding-3-large': { kind: 'embedding', dimensions: [3072], maxBatch: 2048, maxInputTokens: 8191 },
  },
};

/** The stand-in's own models. */
export const standinFacts: ModelFactsTable = {
  'standin-extractive': { kind: 'chat', contextTokens: MILLION, thinking: 'none' },
  'standin-embedding': { kind: 'embedding', dimensions: [256], maxBatch: 10, maxInputTokens: 8192 },
  'standin-rerank': { kind: 'rerank', maxBatch: 500, path: 'flat' },
};

/**
 * What is known of a model, or undefined when nobody described it.
 *
 * @throws {FieldkitError} `MODEL_NOT_FOUND` when it is retired on `today`, naming the nearest model that is not.
 */
export function factsOf(model: string, table: ModelFactsTable, today: Date): ModelFacts | undefined {
  const facts = table[model];
  if (facts?.retiredOn !== undefined && Date.parse(facts.retiredOn) <= today.getTime()) {
    const living = Object.keys(table).filter(
      (name) => table[name]?.retiredOn === undefined && table[name]?.kind === facts.kind,
    );
    const near = nearestName(model, living);
    throw new FieldkitError(
      'MODEL_NOT_FOUND',
      `${model} was retired on ${facts.retiredOn}; use ${near === undefined ? '' : `${near} or `}one of ${living.slice(0, 5).join(', ')}`,
      { details: { model, retiredOn: facts.retiredOn } },
    );
  }
  return facts;
}

/** Names that a wrong model name was probably meant to be, for an error message. */
export function modelAdvice(model: string, table: ModelFactsTable): string {
  const known = Object.keys(table).filter((name) => table[name]?.retiredOn === undefined);
  const near = nearestName(model, known);
  return near === undefined || near === model ? '' : `; did you mean ${near}?`;
}
