import { type CallOptions, type ChatModel, type Embedder, type Reranker, type RetryOptions } from '@fieldkit/core';
import { type BatchModel } from './batch.ts';
import { type RateLimits } from './call-policy.ts';
import { type ChatDefaults } from './chat-model.ts';
import { type EmbedderOptions } from './embedder.ts';
import { type FailoverOptions } from './failover.ts';
import { type ModelFactsTable } from './model-facts.ts';
import type { SpendingGuard } from './spending-guard.ts';
import { type TransportOptions } from './transport.ts';
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
  listModels(options?: CallOptions): Promise<
    {
      id: string;
      standin?: boolean;
    }[]
  >;
  /** May be called twice. */
  close(): Promise<void>;
}
/**
 * A client for one endpoint. Nothing is sent before the first call, and only to `baseUrl`: `OPENAI_*` variables change nothing.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` or `INVALID_OPTION` for options that cannot work.
 */
export declare function createEndpoint(options: EndpointOptions): Endpoint;
