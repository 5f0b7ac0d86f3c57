import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Clock, FieldkitError, sha256, systemClock } from '@fieldkit/core';
import { z } from 'zod';
import { chatRequestSchema } from './chat-request.ts';
import { completionBody, completionChunks, usageOf } from './chat-wire.ts';
import { replyTo } from './reply.ts';
import { DEFAULT_DIMENSIONS, hashVector, lexicalRelevance } from './vectors.ts';
import { badRequest, errorBody, unknownModel, type WireError } from './wire-error.ts';

export interface StandinOptions {
  /** Further model names that are answered as the stand-in's own. */
  readonly models?: readonly string[];
  readonly clock?: Clock;
}

export interface RunningStandin {
  /** Ends in `/v1`. */
  readonly url: string;
  /** Ends open connections too; may be called twice. */
  close(): Promise<void>;
}

export interface Standin {
  /** On loopback only. Default: any free port. */
  listen(port?: number): Promise<RunningStandin>;
}

export const STANDIN_MODELS = ['standin-extractive', 'standin-embedding', 'standin-rerank'] as const;
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_EMBEDDING_BATCH = 10;

/**
 * A local endpoint with the OpenAI wire protocol and no language model behind it: answers are quoted from the evidence in the request, by
 * rules. Deterministic: the same request gets the same answer. Every response carries `x-fieldkit-standin: 1`.
 */
export function createStandin(options: StandinOptions = {}): Standin {
  const { clock = systemClock } = options;
  const models = new Set<string>([...STANDIN_MODELS, ...(options.models ?? [])]);
  return {
    async listen(port = 0) {
      const server = createServer((request, response) => {
        handle(request, response, { models, clock }).catch((error: unknown) => {
          if (error instanceof HttpFailure) sendError(response, error.wire);
          else if (!response.headersSent) {
            sendError(response, { status: 500, code: 'internal_error', type: 'server_error', message: String(error) });
          } else response.destroy();
        });
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error) =>
          reject(
            new FieldkitError('SERVICE_START_FAILED', `the stand-in cannot listen on port ${port}: ${error.message}`, {
              cause: error,
            }),
          ),
        );
        server.listen(port, '127.0.0.1', resolve);
      });
      const address = server.address();
      const actual = typeof address === 'object' && address !== null ? address.port : port;
      return {
        url: `http://127.0.0.1:${actual}/v1`,
        close: () =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      };
    },
  };
}

interface Setting {
  readonly models: ReadonlySet<string>;
  readonly clock: Clock;
}

/** Carries a wire error to where it is sent. */
class HttpFailure extends Error {
  readonly wire: WireError;
  constructor(wire: WireError) {
    super(wire.message);
    this.wire = wire;
  }
}

const HEADERS = { 'x-fieldkit-standin': '1', 'access-control-allow-origin': '*' };

async function handle(request: IncomingMessage, response: ServerResponse, setting: Setting): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname.replace(/\/+$/, '');
  if (request.method === 'OPTIONS') {
    response
      .writeHead(204, { ...HEADERS, 'access-control-allow-headers': '*', 'access-control-allow-methods': '*' })
      .end();
    return;
  }
  if (!/^Bearer \S/.test(request.headers.authorization ?? '')) {
    throw new HttpFailure({
      status: 401,
      code: 'invalid_api_key',
      type: 'invalid_request_error',
      message: 'Incorrect API key provided.',
    });
  }
  const route = `${request.method} ${path.replace(/^.*\/(?=chat\/completions$|embeddings$|models$|reranks?$)/, '/')}`;
  switch (route) {
    case 'GET /models': {
      const data = [...setting.models].map((id) => ({ id, object: 'model', created: 0, owned_by: 'fieldkit-standin' }));
      return sendJson(response, { object: 'list', data });
    }
    case 'POST /chat/completions':
      return chat(await readJson(request), response, setting);
    case 'POST /embeddings':
      return embeddings(await readJson(request), response, setting);
    case 'POST /rerank':
    case 'POST /reranks':
      return rerank(await readJson(request), response, setting);
    default:
      throw new HttpFailure({
        status: 404,
        code: 'not_found',
        type: 'invalid_request_error',
        message: `nothing is served at ${request.method} ${path}`,
      });
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += (piece as Buffer).length; // a request without an encoding gives buffers
    if (size > MAX_BODY_BYTES)
      throw new HttpFailure({
        status: 413,
        code: 'BadRequest.TooLarge',
        type: 'invalid_request_error',
        message: 'The request body is too large.',
      });
    pieces.push(piece as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    throw new HttpFailure(badRequest('The request body is not valid JSON.'));
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown, { models }: Setting): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new HttpFailure(
      badRequest(
        `<400> InternalError.Algo.InvalidParameter: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is invalid'}`,
      ),
    );
  }
  const { model } = parsed.data as { model: string }; // every request schema has it
  if (!models.has(model)) throw new HttpFailure(unknownModel(model));
  return parsed.data;
}

async function chat(json: unknown, response: ServerResponse, setting: Setting): Promise<void> {
  const body = parse(chatRequestSchema, json, setting);
  const said = body.messages.map(({ content }) => content).join('\n');
  if (body.response_format?.type === 'json_object' && !/json/i.test(said)) {
    throw new HttpFailure(
      badRequest(
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      ),
    );
  }
  const reply = replyTo(body);
  if (reply.kind === 'error') throw new HttpFailure(reply.error);
  const identity = {
    id: sha256(JSON.stringify(json)).slice(0, 32),
    model: body.model,
    created: Math.floor(setting.clock.now() / 1000),
  };
  const usage = usageOf(body, reply);
  if (body.stream !== true) return sendJson(response, completionBody(identity, reply, usage));
  response.writeHead(200, {
    ...HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const wanted = body.stream_options?.include_usage === true ? usage : undefined;
  for (const chunk of completionChunks(identity, reply, wanted)) {
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end('data: [DONE]\n\n');
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

async function embeddings(json: unknown, response: ServerResponse, setting: Setting): Promise<void> {
  const { model, input, dimensions } = parse(embeddingSchema, json, setting);
  if (input.length > MAX_EMBEDDING_BATCH) {
    throw new HttpFailure(
      badRequest(
        `<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it should not be larger than ${MAX_EMBEDDING_BATCH}.: input.contents`,
      ),
    );
  }
  const data = input.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: hashVector(text, dimensions ?? DEFAULT_DIMENSIONS),
  }));
  const tokens = input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  sendJson(response, { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

const rerankSchema = z.looseObject({
  model: z.string(),
  query: z.string().min(1),
  documents: z.array(z.string()).min(1).max(500),
  top_n: z.number().int().min(1).nullish(),
});

async function rerank(json: unknown, response: ServerResponse, setting: Setting): Promise<void> {
  const { model, query, documents, top_n } = parse(rerankSchema, json, setting);
  const scores = lexicalRelevance(query, documents);
  const results = scores
    .map((relevance_score, index) => ({ index, relevance_score }))
    .sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index)
    .slice(0, top_n ?? documents.length);
  sendJson(response, {
    id: sha256(query).slice(0, 32),
    model,
    results,
    usage: { total_tokens: Math.ceil((query.length * documents.length + documents.join('').length) / 4) },
  });
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendError(response: ServerResponse, error: WireError): void {
  const requestId = sha256(error.message).slice(0, 32);
  response
    .writeHead(error.status, {
      ...HEADERS,
      'content-type': 'application/json',
      'x-request-id': requestId,
      ...error.headers,
    })
    .end(errorBody(error, requestId));
}
