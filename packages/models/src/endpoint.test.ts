import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type ChatEvent, type ChatRequest, complete, isFieldkitError } from '@fieldkit/core';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  apiError,
  delta,
  events,
  goodAnswer,
  json,
  usage,
  type WireServer,
  wireServer,
} from './__fixtures__/wire-server.ts';
import { createEndpoint, type Endpoint, type EndpointOptions } from './index.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(
  answer: Answer,
  options: Partial<EndpointOptions> = {},
): Promise<{ server: WireServer; endpoint: Endpoint }> {
  const server = await wireServer(answer);
  const endpoint = createEndpoint({
    profile: 'dashscope',
    baseUrl: server.url,
    apiKey: 'sk-test',
    retry: { baseDelayMs: 1, maxDelayMs: 2 },
    ...options,
  });
  closers.push(server.close, endpoint.close);
  return { server, endpoint };
}

const hello: ChatRequest = { messages: [{ role: 'user', content: 'hi' }] };

async function eventsOf(endpoint: Endpoint, request: ChatRequest = hello, model = 'm'): Promise<ChatEvent[]> {
  return Array.fromAsync(endpoint.chat(model).chat(request));
}

async function failure(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; details: Readonly<Record<string, unknown>> }> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isFieldkitError(error)) throw new Error(`expected a FieldkitError, got ${String(error)}`);
  return error;
}

describe('streams', () => {
  it('reads the recorded shape of a tool call: ids empty after the first piece, usage in the last chunk', async () => {
    const call = (fields: object, id = '') => ({ index: 0, id, type: 'function', function: fields });
    const { endpoint } = await open((response) =>
      events(response, [
        delta({ content: null, role: 'assistant', tool_calls: [call({ name: 'weather', arguments: '' }, 'call_a')] }),
        delta({ content: null, tool_calls: [call({ arguments: '{"location": "San Francisco' })] }),
        delta({ content: null, tool_calls: [call({ arguments: '"}' })] }),
        delta({ tool_calls: [call({ arguments: '' })] }),
        delta({}, 'tool_calls'),
        usage(295, 22),
      ]),
    );
    expect(await eventsOf(endpoint)).toEqual([
      { type: 'tool-call', call: { id: 'call_a', name: 'weather', arguments: '{"location": "San Francisco"}' } },
      expect.objectContaining({
        type: 'finish',
        reason: 'tool-calls',
        usage: { inputTokens: 295, outputTokens: 22, calls: 1 },
      }),
    ]);
  });

  it('keeps thinking apart from the answer and counts it', async () => {
    const { endpoint } = await open((response) =>
      events(response, [
        delta({ content: null, role: 'assistant', reasoning_content: '' }),
        delta({ content: null, reasoning_content: 'Let me see.' }),
        delta({ content: 'Yes', reasoning_content: null }),
        delta({ content: '' }, 'stop'),
        {
          choices: [],
          usage: {
            prompt_tokens: 5,
            completion_tokens: 9,
            completion_tokens_details: { reasoning_tokens: 7 },
            prompt_tokens_details: { cached_tokens: 2 },
          },
        },
      ]),
    );
    const completion = await complete(endpoint.chat('m', { thinking: true }), hello);
    expect(completion).toMatchObject({
      text: 'Yes',
      reasoning: 'Let me see.',
      usage: { inputTokens: 5, outputTokens: 9, reasoningTokens: 7, cachedTokens: 2, calls: 1 },
    });
  });

  it('takes <think> out of the content and a tool call out of the text, and says so', async () => {
    const tools = [{ name: 'look', description: '', inputSchema: { type: 'object' } }];
    const { endpoint } = await open((response) =>
      events(response, [
        delta({ content: '<thi' }),
        delta({ content: 'nk>hm</think>\n\nI look. <tool' }),
        delta({ content: '_call>{"name":"look","arguments":{"id":1}}</tool_call>' }),
        delta({}, 'stop'),
        usage(),
      ]),
    );
    const seen = await eventsOf(endpoint, { ...hello, tools });
    expect(seen.filter(({ type }) => type !== 'finding')).toEqual([
      { type: 'reasoning-delta', text: 'hm' },
      { type: 'text-delta', text: 'I look. ' },
      { type: 'tool-call', call: { id: 'call_text_1', name: 'look', arguments: '{"id":1}' } },
      expect.objectContaining({ type: 'finish', reason: 'tool-calls' }),
    ]);
    expect(seen.flatMap((event) => (event.type === 'finding' ? [event.finding.code] : []))).toEqual([
      'thinking-in-content',
      'tool-call-as-text',
    ]);
  });

  it('tells an error inside the stream, a stream that breaks off, and one that says nothing apart', async () => {
    const answers: Answer[] = [
      (response) =>
        events(response, [
          delta({ content: 'a' }),
          { error: { code: 'data_inspection_failed', message: 'Output data may contain inappropriate content.' } },
        ]),
      (response) => events(response, [delta({ content: 'a' })], false),
      (response) => events(response, [delta({ role: 'assistant' }), delta({}, 'stop'), usage()]),
      (response) => events(response, [delta({ content: 'a' }), 'data: {"choices":\n\n'], false),
    ];
    const codes: string[] = [];
    for (const answer of answers) {
      const { endpoint } = await open(answer, { retry: { attempts: 1 } });
      codes.push((await failure(eventsOf(endpoint))).code);
    }
    expect(codes).toEqual([
      'MODEL_CONTENT_REFUSED',
      'MODEL_STREAM_BROKEN',
      'MODEL_INVALID_RESPONSE',
      'MODEL_STREAM_BROKEN',
    ]);
  });

  it('tries again what nobody has seen yet, and not after the first word', async () => {
    const unseen = await open((response, request, number) =>
      number === 1 ? apiError(response, 503, 'ModelServingError', 'busy') : goodAnswer(response, request, number),
    );
    const seen = await eventsOf(unseen.endpoint);
    expect(seen[0]).toMatchObject({ type: 'finding', finding: { code: 'model-retried' } });
    const half = await open((response) => events(response, [delta({ content: 'Half' })], false));
    await failure(eventsOf(half.endpoint));
    expect(half.server.requests).toHaveLength(1);
    const whole = await open((response, request, number) =>
      number === 1 ? void response.destroy() : goodAnswer(response, request, number),
    );
    expect((await complete(whole.endpoint.chat('m'), hello)).text).toBe('Hello');
  });
});

describe('errors', () => {
  it.each([
    [401, 'invalid_api_key', 'Incorrect API key provided', 'MODEL_UNAUTHORIZED', false],
    [403, 'access_denied', 'not activated', 'MODEL_FORBIDDEN', false],
    [404, 'model_not_found', 'The model does not exist', 'MODEL_NOT_FOUND', false],
    [
      400,
      'Arrearage',
      'Access denied, please make sure your account is in good standing.',
      'MODEL_ACCOUNT_UNPAID',
      false,
    ],
    [400, 'data_inspection_failed', 'Input data may contain inappropriate content.', 'MODEL_CONTENT_REFUSED', false],
    [
      400,
      'invalid_parameter_error',
      '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]',
      'MODEL_CONTEXT_TOO_LONG',
      false,
    ],
    [400, 'invalid_parameter_error', 'temperature is out of range', 'MODEL_BAD_REQUEST', false],
    [429, 'limit_requests', 'You exceeded your current requests list.', 'MODEL_RATE_LIMITED', true],
    [429, 'insufficient_quota', 'You exceeded your current quota, please check your plan.', 'MODEL_RATE_LIMITED', true],
    [
      429,
      'Throttling.AllocationQuota',
      'Allocated quota exceeded, please increase your quota limit.',
      'MODEL_RATE_LIMITED',
      true,
    ],
    [429, 'insufficient_quota', 'The free tier of the model has been exhausted.', 'MODEL_QUOTA_EXHAUSTED', false],
    [500, 'InternalError', 'internal', 'MODEL_OVERLOADED', true],
    [503, 'ModelServingError', 'too many', 'MODEL_OVERLOADED', true],
    [408, 'RequestTimeOut', 'timeout', 'TIMED_OUT', true],
  ])('%i %s "%s" is %s', async (status, code, message, ours, retryable) => {
    const { endpoint } = await open((response) => apiError(response, status, code, message, { 'retry-after': '7' }), {
      retry: { attempts: 1 },
    });
    const error = await failure(complete(endpoint.chat('m'), hello));
    expect([error.code, 'retryable' in error && error.retryable]).toEqual([ours, retryable]);
    expect(error.details).toMatchObject({ status, model: 'm', requestId: 'req-1', retryAfterMs: 7000 });
  });

  it('asks an unpaid account once and no more', async () => {
    const { endpoint, server } = await open((response) => apiError(response, 400, 'Arrearage', 'overdue'));
    const codes = await Promise.all([1, 2].map(() => failure(complete(endpoint.chat('m'), hello))));
    const later = await failure(complete(endpoint.chat('m'), hello));
    expect([...codes, later].map(({ code }) => code)).toEqual(Array(3).fill('MODEL_ACCOUNT_UNPAID'));
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  it('names what was perhaps meant when a model is unknown, and refuses a retired one unasked', async () => {
    const { endpoint, server } = await open((response) => apiError(response, 404, 'model_not_found', 'no'));
    expect((await failure(complete(endpoint.chat('qwen3.7-plsu'), hello))).message).toContain(
      'did you mean qwen3.7-plus?',
    );
    expect(() => endpoint.chat('qwen-max')).toThrow(/retired on 2026-07-13/);
    expect(server.requests).toHaveLength(1);
  });

  it('says what to do when nothing listens', async () => {
    const endpoint = createEndpoint({
      profile: 'generic',
      baseUrl: 'http://127.0.0.1:9/v1',
      apiKey: 'k',
      retry: { attempts: 1 },
    });
    const error = await failure(complete(endpoint.chat('m'), hello));
    expect([error.code, error.message]).toEqual([
      'MODEL_UNREACHABLE',
      expect.stringContaining('check baseUrl, the network and the proxy'),
    ]);
    await endpoint.close();
  });

  it('refuses options that cannot work', () => {
    const good = { profile: 'generic', baseUrl: 'http://x/v1', apiKey: 'k' } as const;
    for (const bad of [{ baseUrl: 'x' }, { apiKey: '' }, { apiKey: 'a b' }, { timeoutMs: 0 }, { caFile: '/none' }]) {
      expect(() => createEndpoint({ ...good, ...bad })).toThrow(expect.objectContaining({ name: 'FieldkitError' }));
    }
  });
});

describe('time', () => {
  it('gives up when nothing comes, before the head and in the middle', async () => {
    const before = await open(() => undefined, { timeoutMs: 50, retry: { attempts: 1 } });
    expect((await failure(eventsOf(before.endpoint))).code).toBe('TIMED_OUT');
    const middle = await open(
      (response) => {
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .write(`data: ${JSON.stringify(delta({ content: 'a' }))}\n\n`);
      },
      { timeoutMs: 50, retry: { attempts: 1 } },
    );
    expect((await failure(eventsOf(middle.endpoint))).code).toBe('TIMED_OUT');
  });

  it('bounds an answer that drips for ever', async () => {
    const { endpoint } = await open(
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const timer = setInterval(() => response.write(`data: ${JSON.stringify(delta({ content: 'a' }))}\n\n`), 10);
        response.on('close', () => clearInterval(timer));
      },
      { timeoutMs: 1000, totalTimeoutMs: 100, retry: { attempts: 1 } },
    );
    expect((await failure(eventsOf(endpoint))).code).toBe('TIMED_OUT');
  });

  it('gives up an answer that is larger than any, and closes its connection', async () => {
    const { endpoint, server } = await open(
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 'a')));
        };
        response.on('drain', more);
        more();
      },
      { retry: { attempts: 1 } },
    );
    const { code, message } = await failure(complete(endpoint.chat('m'), hello));
    expect([code, message]).toEqual(['MODEL_INVALID_RESPONSE', expect.stringContaining('more than 64 MB')]);
    await expect.poll(() => server.aborted.length, { interval: 5 }).toBe(1);
  });

  it('cancels at once, down to the socket', async () => {
    const { endpoint, server } = await open((response) => {
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write(`data: ${JSON.stringify(delta({ content: 'a' }))}\n\n`);
    });
    const controller = new AbortController();
    const reading = (async () => {
      for await (const event of endpoint.chat('m').chat(hello, { signal: controller.signal })) {
        if (event.type === 'text-delta') controller.abort();
      }
    })();
    expect((await failure(reading)).code).toBe('CANCELLED'); // the server would never end it
    await expect.poll(() => server.aborted.length, { interval: 5 }).toBe(1);
  });

  it('stops reading from the network while its own reader is behind, and then misses nothing', async () => {
    const words = 100_000;
    let sent = () => 0;
    const { endpoint } = await open(async (response) => {
      const { socket } = response;
      sent = () => socket?.bytesWritten ?? Number.NaN;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let at = 0; at < words; at += 100) {
        const pieces = Array.from({ length: 100 }, (_, index) => delta({ content: `${at + index}`.padEnd(200) }));
        if (!response.write(pieces.map((piece) => `data: ${JSON.stringify(piece)}\n\n`).join('')))
          await once(response, 'drain');
      }
      response.end(`data: ${JSON.stringify(delta({}, 'stop'))}\n\ndata: [DONE]\n\n`);
    });
    const numbers: number[] = [];
    let before = -1;
    const standsStill = () => {
      const still = sent() === before;
      before = sent();
      return still;
    };
    for await (const event of endpoint.chat('m').chat(hello)) {
      if (event.type !== 'text-delta' || numbers.push(Number(event.text)) > 1) continue;
      await expect.poll(standsStill, { interval: 100 }).toBe(true);
      expect(sent()).toBeLessThan(15_000_000); // of 28 million: what the kernel holds
    }
    expect(numbers).toEqual(Array.from({ length: words }, (_, index) => index));
  });

  it('closes the connection when the reader stops early', async () => {
    const { endpoint, server } = await open((response) => {
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write(`data: ${JSON.stringify(delta({ content: 'a' }))}\n\n`);
    });
    for await (const _ of endpoint.chat('m').chat(hello)) break;
    await expect.poll(() => server.aborted.length, { interval: 5 }).toBe(1);
  });
});

describe('the network', () => {
  it('sends only its own key and headers, whatever the environment says', async () => {
    const names = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID', 'OPENAI_CUSTOM_HEADERS'];
    const before = names.map((name) => process.env[name]);
    for (const name of names)
      process.env[name] = name === 'OPENAI_CUSTOM_HEADERS' ? 'x-stray: 1' : 'http://stray.invalid';
    try {
      const { endpoint, server } = await open(goodAnswer);
      await complete(endpoint.chat('m'), hello);
      const headers = server.requests[0]?.headers ?? {};
      expect(headers.authorization).toBe('Bearer sk-test');
      expect(Object.keys(headers).filter((name) => /openai|stray|stainless/.test(name))).toEqual([]);
    } finally {
      for (const [index, name] of names.entries()) {
        if (before[index] === undefined) delete process.env[name];
        else process.env[name] = before[index];
      }
    }
  });

  it('uses a connection again after a stream, reads what a gateway compressed, and follows no redirect', async () => {
    const sockets = new Set<unknown>();
    const { endpoint } = await open((response, request, number) => {
      sockets.add(response.socket);
      if (number < 9) return goodAnswer(response, request, number);
      if (number === 10) return void response.writeHead(307, { location: 'http://elsewhere.invalid/v1' }).end();
      const body = gzipSync(
        JSON.stringify({ model: 'm', choices: [{ message: { content: 'small' }, finish_reason: 'stop' }] }),
      );
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
    });
    for (let stream = 0; stream < 8; stream += 1) await eventsOf(endpoint);
    expect(sockets.size).toBeLessThanOrEqual(2);
    expect((await complete(endpoint.chat('m'), hello)).text).toBe('small');
    const { code, message } = await failure(complete(endpoint.chat('m'), hello));
    expect([code, message]).toEqual(['MODEL_UNREACHABLE', expect.stringContaining('http://elsewhere.invalid/v1')]);
  });

  const tls = (name: string) => fileURLToPath(new URL(`./__fixtures__/tls/${name}`, import.meta.url));
  const certificate = () => ({
    key: readFileSync(tls('server.key'), 'utf8'),
    cert: readFileSync(tls('server.pem'), 'utf8'),
  });

  it('trusts a private certificate authority when it is given one, and says how when not', async () => {
    const server = await wireServer(goodAnswer, certificate());
    closers.push(server.close);
    const settings = { profile: 'generic', baseUrl: server.url, apiKey: 'k', retry: { attempts: 1 } } as const;
    const without = createEndpoint(settings);
    const error = await failure(complete(without.chat('m'), hello));
    expect([error.code, error.message]).toEqual(['MODEL_UNREACHABLE', expect.stringContaining('endpoint.caFile')]);
    const trusting = createEndpoint({ ...settings, caFile: tls('ca.pem') });
    closers.push(without.close, trusting.close);
    expect((await complete(trusting.chat('m'), hello)).text).toBe('Hello');
  });

  it('goes through an HTTPS proxy, and past it for exempt hosts', async () => {
    const server = await wireServer(goodAnswer, certificate());
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, socket, head) => {
      tunnels.push(request.url ?? '');
      const [, port] = (request.url ?? '').split(':');
      const upstream = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const httpsProxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const settings = { profile: 'generic', baseUrl: server.url, apiKey: 'k', caFile: tls('ca.pem') } as const;
    const through = createEndpoint({ ...settings, proxy: { httpsProxy } });
    const past = createEndpoint({ ...settings, proxy: { httpsProxy, noProxy: 'localhost, 127.0.0.1' } });
    closers.push(async () => void proxy.close(), server.close, through.close, past.close);
    expect((await complete(past.chat('m'), hello)).text).toBe('Hello');
    expect(tunnels).toEqual([]);
    expect((await complete(through.chat('m'), hello)).text).toBe('Hello');
    expect(tunnels).toEqual([`127.0.0.1:${server.port}`]);
  });

  it('names the proxy that cannot be reached', async () => {
    const settings = {
      profile: 'generic',
      baseUrl: 'https://endpoint.invalid/v1',
      apiKey: 'k',
      retry: { attempts: 1 },
    } as const;
    const endpoint = createEndpoint({ ...settings, proxy: { httpsProxy: 'http://127.0.0.1:9' } });
    closers.push(endpoint.close);
    const { message } = await failure(complete(endpoint.chat('m'), hello));
    expect(message).toContain('cannot reach endpoint.invalid through the proxy 127.0.0.1:9');
  });
});

describe('repairs', () => {
  const schema = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
  };
  const message = (content: string, calls?: unknown) => ({
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, ...(calls === undefined ? {} : { tool_calls: calls }) },
        finish_reason: calls === undefined ? 'stop' : 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  });
  const output = { ...hello, output: { name: 'count', schema } };

  it('mends badly written JSON without asking again', async () => {
    const { endpoint, server } = await open((response) => json(response, message("```json\n{'n': 3,}\n```")));
    expect(await complete(endpoint.chat('m'), output)).toMatchObject({
      text: '{"n":3}',
      findings: [{ code: 'output-mended' }],
    });
    expect(server.requests).toHaveLength(1);
  });

  it('asks once more for output that does not fit, and sums what both calls used', async () => {
    const { endpoint } = await open((response, _, number) =>
      json(response, message(number === 1 ? '{"n":"three"}' : '{"n":3}')),
    );
    expect(await complete(endpoint.chat('m'), output)).toMatchObject({
      text: '{"n":3}',
      usage: { inputTokens: 20, outputTokens: 10, calls: 2 },
      findings: [{ code: 'output-repaired' }],
    });
    const hopeless = await open((response) => json(response, message('no')));
    expect((await failure(complete(hopeless.endpoint.chat('m'), output))).code).toBe('MODEL_INVALID_OUTPUT');
    expect(hopeless.server.requests).toHaveLength(2);
  });

  it('asks once more for arguments that are no JSON, also in a stream', async () => {
    const tools = [{ name: 'look', description: '', inputSchema: { type: 'object' } }];
    const call = (text: string) => [
      { index: 0, id: 'c1', type: 'function', function: { name: 'look', arguments: text } },
    ];
    const { endpoint } = await open((response, { body }) =>
      body.stream === true
        ? events(response, [
            delta({ content: 'So: ' }),
            delta({ tool_calls: call('{"id": 12') }),
            delta({}, 'tool_calls'),
            usage(),
          ])
        : json(response, message('', call('{"id":123}'))),
    );
    const seen = await eventsOf(endpoint, { ...hello, tools });
    expect(seen).toEqual([
      { type: 'text-delta', text: 'So: ' },
      { type: 'tool-call', call: { id: 'c1', name: 'look', arguments: '{"id":123}' } },
      { type: 'finding', finding: expect.objectContaining({ code: 'arguments-repaired' }) },
      expect.objectContaining({ type: 'finish', reason: 'tool-calls', usage: expect.objectContaining({ calls: 2 }) }),
    ]);
  });
});

describe('embeddings and rerank', () => {
  const vectors =
    (answer: (input: string[]) => unknown[]) => (response: Parameters<Answer>[0], request: Parameters<Answer>[1]) =>
      json(response, { data: answer(request.body.input), usage: { prompt_tokens: 1, total_tokens: 1 } });

  it('splits by the cap of the model, keeps the order and brings vectors to length 1', async () => {
    const { endpoint, server } = await open(
      vectors((input) =>
        input.map((text, index) => ({ index, embedding: [Number(text), 0, ...Array(62).fill(0)] })).reverse(),
      ),
    );
    const embedder = endpoint.embedder('text-embedding-v4', { dimensions: 64 });
    const result = await embedder.embed(Array.from({ length: 23 }, (_, index) => String(index + 1)));
    expect(server.requests.map(({ body }) => body.input.length).sort()).toEqual([10, 10, 3]);
    expect(server.requests[0]?.body).toMatchObject({ encoding_format: 'float', dimensions: 64 });
    expect(result.every((vector) => vector[0] === 1 && vector.length === 64)).toBe(true);
    expect(embedder).toMatchObject({ semantic: true, dimensions: 64 });
  });

  it.each([
    ['too few', () => []],
    ['the wrong length', (input: string[]) => input.map((_, index) => ({ index, embedding: [1] }))],
    ['zeros', (input: string[]) => input.map((_, index) => ({ index, embedding: Array(64).fill(0) }))],
    ['no numbers', (input: string[]) => input.map((_, index) => ({ index, embedding: Array(64).fill(null) }))],
    ['base64', (input: string[]) => input.map((_, index) => ({ index, embedding: 'AACAPw==' }))],
    ['one twice', (input: string[]) => input.map(() => ({ index: 0, embedding: Array(64).fill(1) }))],
  ])('refuses %s', async (_, answer) => {
    const { endpoint } = await open(vectors(answer));
    const embedder = endpoint.embedder('text-embedding-v4', { dimensions: 64 });
    expect((await failure(embedder.embed(['a', 'b']))).code).toBe('EMBEDDING_INVALID');
  });

  it('reranks on both paths and reads both shapes', async () => {
    const results = [
      { index: 0, relevance_score: 0.2 },
      { index: 1, relevance_score: 0.9 },
    ];
    const { endpoint, server } = await open((response, { path }) =>
      json(response, path.startsWith('/api/v1/') ? { output: { results } } : { results }),
    );
    for (const model of ['qwen3-rerank', 'gte-rerank-v2']) {
      expect((await endpoint.reranker(model).rerank('q', ['a', 'b']))[0]).toEqual({ index: 1, score: 0.9 });
    }
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v1/reranks',
      '/api/v1/services/rerank/text-rerank/text-rerank',
    ]);
  });
});
