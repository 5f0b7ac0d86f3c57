import { FieldkitError } from './error.ts';
import type { Finding } from './finding.ts';
import { addUsage, type Cost, NO_USAGE, type Usage } from './usage.ts';

/** A JSON Schema (draft 2020-12) as a plain object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A tool call as a model wrote it: `arguments` is JSON text and may be invalid. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** A picture that a message shows to a model that can see. */
export interface ChatImage {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/webp';
  readonly base64: string;
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | {
      readonly role: 'user';
      readonly content: string;
      /** Shown in front of the text. */
      readonly images?: readonly ChatImage[];
    }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls?: readonly ToolCall[];
      /** Kept for endpoints that want it back. */
      readonly reasoning?: string;
    }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly name: string; readonly content: string };

/** A tool as a model is told of it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

/** One request in our own shape; an endpoint profile decides what goes on the wire. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  /** Default `auto` when there are tools. */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Ask for JSON that fits the schema; the text of the answer is that JSON. */
  readonly output?: { readonly name: string; readonly schema: JsonSchema };
  /** 0 to 2. Default: the endpoint's. */
  readonly temperature?: number;
  /** Reasoning and answer together. Default: the model's. */
  readonly maxOutputTokens?: number;
  /** Whether the model may think before it answers. Default false, said explicitly on the wire. */
  readonly thinking?: boolean;
  readonly seed?: number;
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter';

export type ChatEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'reasoning-delta'; readonly text: string }
  /** Complete; tool calls are emitted whole, in order, before `finish`. */
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'finding'; readonly finding: Finding }
  /** Last, exactly once. */
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly usage: Usage;
      /** The model that answered, as the endpoint names it. */
      readonly model: string;
      readonly requestId?: string;
      readonly cost?: Cost;
    };

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * A chat model at an endpoint.
 *
 * `chat` throws `FieldkitError` with a `MODEL_*` code, `TIMED_OUT` or `CANCELLED`, at the start or in the middle; a stream that ends
 * without `finish` never happens.
 */
export interface ChatModel {
  readonly name: string;
  chat(request: ChatRequest, options?: CallOptions): AsyncIterable<ChatEvent>;
  /** What a call will probably cost, where prices are known. */
  expectedCost?(request: ChatRequest): Cost | undefined;
  /** The whole answer at once, where the model has a way of its own that can be tried again after a failure in the middle. */
  complete?(request: ChatRequest, options?: CallOptions): Promise<ChatCompletion>;
}

export interface ChatCompletion {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly reason: FinishReason;
  readonly usage: Usage;
  readonly model: string;
  readonly requestId?: string;
  readonly cost?: Cost;
  readonly findings: readonly Finding[];
}

/** Runs a chat request to its end. */
export async function complete(
  model: ChatModel,
  request: ChatRequest,
  options: CallOptions = {},
): Promise<ChatCompletion> {
  if (model.complete !== undefined) return model.complete(request, options);
  let text = '';
  let reasoning = '';
  const toolCalls: ToolCall[] = [];
  const findings: Finding[] = [];
  for await (const event of model.chat(request, options)) {
    switch (event.type) {
      case 'text-delta':
        text += event.text;
        break;
      case 'reasoning-delta':
        reasoning += event.text;
        break;
      case 'tool-call':
        toolCalls.push(event.call);
        break;
      case 'finding':
        findings.push(event.finding);
        break;
      case 'finish': {
        const { type: _, ...end } = event;
        return { text, reasoning, toolCalls, findings, ...end };
      }
    }
  }
  throw new FieldkitError('MODEL_STREAM_BROKEN', `${model.name} ended its answer without a finish event; try again`);
}

export function sumUsage(usages: Iterable<Usage>): Usage {
  let sum = NO_USAGE;
  for (const usage of usages) sum = addUsage(sum, usage);
  return sum;
}

/** Text to vectors. */
export interface Embedder {
  readonly model: string;
  /** Length of every vector. */
  readonly dimensions: number;
  /** False when the vectors carry no meaning (the stand-in): dense retrieval then stays off. */
  readonly semantic: boolean;
  /** In input order; each vector has length 1 (Euclidean). */
  embed(
    texts: readonly string[],
    options?: CallOptions & { readonly use?: 'query' | 'document' },
  ): Promise<Float32Array[]>;
}

/** Orders texts by relevance to a query. */
export interface Reranker {
  readonly model: string;
  /** Best first; `index` points into `texts`; `score` 0 to 1, higher is more relevant. */
  rerank(
    query: string,
    texts: readonly string[],
    options?: CallOptions & { readonly limit?: number },
  ): Promise<{ index: number; score: number }[]>;
}
