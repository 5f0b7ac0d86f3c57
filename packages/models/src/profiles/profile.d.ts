import type { ChatRequest, Finding } from '@fieldkit/core';
import type { JsonObject } from '../json.ts';
import type { DatedFacts, ModelFacts } from '../model-facts.ts';
export interface WireRequest {
  /** Under the base URL, or a whole URL on the same host. */
  readonly path: string;
  readonly body: JsonObject;
}
export interface WireChat {
  readonly body: JsonObject;
  /** What had to be changed in the request, said to whoever asked. */
  readonly findings: readonly Finding[];
}
/** One kind of endpoint: what goes on the wire and how answers are read. */
export interface EndpointProfile {
  readonly name: string;
  readonly facts?: DatedFacts;
  /** Most texts in one embedding request, for models nobody described. */
  readonly maxEmbeddingBatch: number;
  /** Without `stream` fields; the caller adds them. */
  chatBody(request: ChatRequest, model: string, facts: ModelFacts | undefined): WireChat;
  embeddingBody(texts: readonly string[], model: string, dimensions: number | undefined): JsonObject;
  rerank(
    query: string,
    texts: readonly string[],
    limit: number,
    model: string,
    facts: ModelFacts | undefined,
    baseUrl: string,
  ): WireRequest;
}
