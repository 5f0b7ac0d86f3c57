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
/** Model Studio, gathered in November 2026. No prices: they differ by region and contract, so a project states its own. */
export declare const dashscopeFacts: DatedFacts;
/** OpenAI's embedding models, for the `openai` profile. */
export declare const openaiFacts: DatedFacts;
/** The stand-in's own models. */
export declare const standinFacts: ModelFactsTable;
/**
 * What is known of a model, or undefined when nobody described it.
 *
 * @throws {FieldkitError} `MODEL_NOT_FOUND` when it is retired on `today`, naming the nearest model that is not.
 */
export declare function factsOf(model: string, table: ModelFactsTable, today: Date): ModelFacts | undefined;
/** Names that a wrong model name was probably meant to be, for an error message. */
export declare function modelAdvice(model: string, table: ModelFactsTable): string;
