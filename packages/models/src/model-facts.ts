import { FieldkitError, nearestName } from '@fieldkit/core';
import { z } from 'zod';

const price = z.number().min(0);
const count = z.number().int().min(1);
const isoDate = z.iso.date();

/** Price per million tokens for inputs up to a length; the currency is the table's. */
const priceTierSchema = z.strictObject({
  /** Inputs up to this many tokens; absent for the last tier. */
  upToInputTokens: count.exactOptional(),
  input: price,
  /** Embeddings and ranks write nothing. Default 0. */
  output: price.default(0),
  /** Part of the input read from a cache. Default: the input price. */
  cachedInput: price.exactOptional(),
});
export type PriceTier = Readonly<z.output<typeof priceTierSchema>>;

const pricesSchema = z.strictObject({
  /** ISO 4217. */
  currency: z.string().length(3),
  /** ISO date on which these prices were read. */
  asOf: isoDate,
  tiers: z.array(priceTierSchema).min(1).readonly(),
  /** Factor on all prices in batch files. Default 1. */
  batchFactor: price.exactOptional(),
});
export type Prices = Readonly<z.output<typeof pricesSchema>>;

/** What is known of a model. Everything is optional: a model nobody described is used with safe defaults. */
export const modelFactsSchema = z.strictObject({
  /** Default `chat`. */
  kind: z.enum(['chat', 'embedding', 'rerank']).exactOptional(),
  /** Input and output together, tokens. */
  contextTokens: count.exactOptional(),
  maxOutputTokens: count.exactOptional(),
  /** `hybrid`: switched by the request; `only`: cannot be switched off; `none`: no such thing. Default `hybrid`. */
  thinking: z.enum(['hybrid', 'only', 'none']).exactOptional(),
  /** Reasoning effort is said instead of a switch. */
  reasoningEffort: z.boolean().exactOptional(),
  /** Earlier reasoning is wanted back. */
  preserveThinking: z.boolean().exactOptional(),
  /** JSON modes that hold what they promise. Default both. */
  jsonModes: z
    .array(z.enum(['object', 'schema']))
    .readonly()
    .exactOptional(),
  /** False: a call of a tool cannot be demanded. Default true. */
  forcedTools: z.boolean().exactOptional(),
  /** What bounds the answer. Default: the profile's. */
  outputLimit: z.enum(['max_tokens', 'max_completion_tokens']).exactOptional(),
  /** Embeddings: default first. */
  dimensions: z.array(count).min(1).readonly().exactOptional(),
  /** Most inputs in one request of embeddings or documents in one rerank. */
  maxBatch: count.exactOptional(),
  /** Tokens of one input of embeddings or rerank. */
  maxInputTokens: count.exactOptional(),
  /** Rerank: where it is served. */
  path: z.enum(['flat', 'native']).exactOptional(),
  /** ISO date from which it no longer answers. */
  retiredOn: isoDate.exactOptional(),
  prices: pricesSchema.exactOptional(),
});
export type ModelFacts = Readonly<z.output<typeof modelFactsSchema>>;

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
      (name) => table[name]?.retiredOn === undefined && (table[name]?.kind ?? 'chat') === (facts.kind ?? 'chat'),
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
