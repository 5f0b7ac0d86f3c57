import { type Clock, estimateTokens, sha256 } from '@fieldkit/core';
import { z } from 'zod';
import type { BatchStore } from './batches.ts';
import { chatRequestSchema, messagesOf, showsPicture } from './chat-request.ts';
import { completionBody, completionChunks, usageOf } from './chat-wire.ts';
import { readConversation } from './conversation.ts';
import type { Outgoing } from './deliver.ts';
import type { RateMeter } from './rate-limits.ts';
import { type Reply, replyTo } from './reply.ts';
import type { ScriptReply } from './script.ts';
import { relevanceOf } from './select-evidence.ts';
import { DEFAULT_DIMENSIONS, hashVector } from './vectors.ts';
import { badRequest, unknownModel, type WireError } from './wire-error.ts';

export interface RouteContext {
  readonly models: ReadonlySet<string>;
  readonly clock: Clock;
  readonly meter: RateMeter;
  readonly batches: BatchStore;
  readonly script: (question: string) => ScriptReply | 'exhausted' | undefined;
}

export type Route = 'chat' | 'embeddings' | 'rerank';

/** Carries a wire error to where it is answered. */
export class WireFailure extends Error {
  readonly wire: WireError;
  constructor(wire: WireError) {
    super(wire.message);
    this.wire = wire;
  }
}

const MAX_EMBEDDING_BATCH = 10;
const MAX_RERANK_DOCUMENTS = 500;

/** What a route answers to a body. @throws {WireFailure} for a request that the real endpoint would refuse. */
export function answerRoute(route: Route, json: unknown, context: RouteContext): Outgoing {
  switch (route) {
    case 'chat':
      return chat(json, context);
    case 'embeddings':
      return embeddings(json, context);
    case 'rerank':
      return rerank(json, context);
  }
}

function parse<T extends { model: string }>(schema: z.ZodType<T>, body: unknown, { models }: RouteContext): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    throw new WireFailure(
      badRequest(`<400> InternalError.Algo.InvalidParameter: ${where} ${issue?.message ?? 'is invalid'}`),
    );
  }
  if (!models.has(parsed.data.model)) throw new WireFailure(unknownModel(parsed.data.model));
  return parsed.data;
}

function admit(model: string, tokens: number, { meter }: RouteContext): void {
  const refusal = meter.admit(model, tokens);
  if (refusal !== undefined) throw new WireFailure(refusal);
}

function chat(json: unknown, context: RouteContext): Outgoing {
  const body = parse(chatRequestSchema, json, context);
  const said = body.messages.map(({ content }) => content).join('\n');
  if (body.response_format?.type === 'json_object' && !/json/i.test(said)) {
    throw new WireFailure(
      badRequest(
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      ),
    );
  }
  const forced = body.tool_choice === 'required' || typeof body.tool_choice === 'object';
  if (body.enable_thinking === true && forced && body.tool_choice !== null) {
    throw new WireFailure(
      badRequest(
        '<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support being set to required or object in thinking mode',
      ),
    );
  }
  const messages = messagesOf(body);
  const conversation = readConversation(messages);
  const scripted = context.script(conversation.question);
  if (scripted === 'exhausted')
    throw new WireFailure({
      status: 400,
      code: 'script_exhausted',
      type: 'invalid_request_error',
      message: 'The script of the stand-in has no reply left.',
    });
  if (scripted?.chunks !== undefined) return { kind: 'events', chunks: scripted.chunks };
  if (scripted?.error !== undefined) throw new WireFailure({ type: scripted.error.code, ...scripted.error });
  if (scripted === undefined && showsPicture(json))
    throw new WireFailure(
      badRequest('The stand-in cannot look at pictures; configure an endpoint with a vision model.'),
    );
  const reply: Reply =
    scripted?.toolCalls !== undefined
      ? { kind: 'calls', calls: scripted.toolCalls }
      : scripted?.text !== undefined
        ? { kind: 'text', text: scripted.text }
        : replyTo(body, messages, conversation);
  if (reply.kind === 'error') throw new WireFailure(reply.error);
  const usage = usageOf(body, reply);
  admit(body.model, usage.total_tokens, context);
  const identity = {
    id: sha256(JSON.stringify(json)).slice(0, 32),
    model: body.model,
    created: Math.floor(context.clock.now() / 1000),
  };
  if (body.stream !== true) return { kind: 'json', body: completionBody(identity, reply, usage) };
  const wanted = body.stream_options?.include_usage === true ? usage : undefined;
  return { kind: 'events', chunks: completionChunks(identity, reply, wanted) };
}

const embeddingSchema = z.looseObject({
  model: z.string(),
  input: z.union([
    z
      .string()
      .min(1)
      .transform((text) => [text]),
    z.array(z.string().min(1)).min(1),
  ]),
  dimensions: z.number().int().min(1).max(4096).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
});

function embeddings(json: unknown, context: RouteContext): Outgoing {
  const { model, input, dimensions, encoding_format } = parse(embeddingSchema, json, context);
  if (input.length > MAX_EMBEDDING_BATCH) {
    const message = `Value error, batch size is invalid, it should not be larger than ${MAX_EMBEDDING_BATCH}.: input.contents`;
    throw new WireFailure(badRequest(`<400> InternalError.Algo.InvalidParameter: ${message}`));
  }
  const tokens = input.reduce((sum, text) => sum + estimateTokens(text), 0);
  admit(model, tokens, context);
  const data = input.map((text, index) => {
    const vector = hashVector(text, dimensions ?? DEFAULT_DIMENSIONS);
    const embedding =
      encoding_format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
    return { object: 'embedding', index, embedding };
  });
  return {
    kind: 'json',
    body: { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } },
  };
}

const rerankSchema = z.looseObject({
  model: z.string(),
  query: z.string().min(1),
  documents: z.array(z.string()).min(1).max(MAX_RERANK_DOCUMENTS),
  top_n: z.number().int().min(1).nullish(),
});

function rerank(json: unknown, context: RouteContext): Outgoing {
  const { model, query, documents, top_n } = parse(rerankSchema, json, context);
  const tokens = documents.reduce((sum, text) => sum + estimateTokens(text) + estimateTokens(query), 0);
  admit(model, tokens, context);
  const results = relevanceOf(query, documents)
    .map((relevance_score, index) => ({ index, relevance_score }))
    .sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index)
    .slice(0, top_n ?? documents.length);
  return { kind: 'json', body: { id: sha256(query).slice(0, 32), model, results, usage: { total_tokens: tokens } } };
}
