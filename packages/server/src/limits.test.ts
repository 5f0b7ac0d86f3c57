import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRateLimiter } from './limits/rate-limiter.ts';
import { type HeldEndpoint, overEndpoint, startHeldEndpoint, until } from './testing/held-endpoint.ts';
import { listeningServer } from './testing/listening.ts';
import { openTestProject, readEvents, type TestProject, testServer } from './testing/test-project.ts';

let endpoint: HeldEndpoint;
let ferry: TestProject;
beforeAll(async () => {
  endpoint = await startHeldEndpoint();
  ferry = await openTestProject(overEndpoint(endpoint.url));
});
afterAll(async () => {
  await ferry.close();
  await endpoint.close();
});
afterEach(() => {
  endpoint.release();
  endpoint.hold();
  endpoint.refuse(0);
});

const QUESTION = 'When does the ferry to Lund leave on Sundays?';
const ask = (more: object = {}) => ({ model: 'ferry', messages: [{ role: 'user', content: QUESTION }], ...more });
const json = async (response: Response) => JSON.parse(await response.text());

describe('a client that goes away', () => {
  it.each([
    ['/v1/chat/completions', ask({ stream: true })],
    ['/v1/chat/completions', ask()],
    ['/agui', { threadId: 't', runId: 'r', messages: [{ id: '1', role: 'user', content: QUESTION }] }],
  ])('%s: the call to the model is cancelled, which would not end by itself', async (path, body) => {
    const { at, server } = await listeningServer(ferry);
    const before = endpoint.cancelled;
    const client = new AbortController();
    const sent = fetch(at.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: client.signal,
    });
    sent.then((response) => response.text()).catch(() => {});
    await until(() => endpoint.held > 0, 'the model is asked');
    client.abort();
    await until(() => endpoint.cancelled > before, 'the model call is cancelled');
    await server.close();
  });
});

it('a reader that leaves a stream cancels the call to the model too', async () => {
  const { send, server } = testServer(ferry);
  const before = endpoint.cancelled;
  const response = await send('/v1/chat/completions', { json: ask({ stream: true }) });
  await until(() => endpoint.held > 0, 'the model is asked');
  await response.body?.cancel();
  await until(() => endpoint.cancelled > before, 'the model call is cancelled');
  await server.close();
});

describe('places', () => {
  it('are bounded: a few wait, the rest is refused at once with Retry-After', async () => {
    const { send, server } = testServer(ferry, { config: { limits: { concurrent: 1, queue: 1, queueMs: 60_000 } } });
    const first = send('/v1/chat/completions', { json: ask() });
    await until(() => endpoint.held === 1, 'the first is under way');
    const second = send('/v1/chat/completions', { json: ask() });
    const third = await send('/v1/chat/completions', { json: ask() }); // the two before it still wait
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await json(third)).toMatchObject({ error: { type: 'server_error', code: 'server_busy' } });
    endpoint.release();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    await server.close();
  });

  it('are refused over HTTP before the request is read, with the connection kept', async () => {
    const { at, server } = await listeningServer(ferry, { config: { limits: { concurrent: 1, queue: 0 } } });
    const post = (body: string, headers = {}) =>
      fetch(`${at.url}/v1/chat/completions`, { method: 'POST', headers, body });
    const first = post(JSON.stringify(ask()), { 'content-type': 'application/json' });
    await until(() => endpoint.held === 1, 'the first is under way');
    const refused = await post('no JSON, no content type, no key');
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('connection')]).toEqual([
      503,
      '1',
      'keep-alive',
    ]);
    expect(refused.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    expect(await json(refused)).toMatchObject({ error: { type: 'server_error', code: 'server_busy' } });
    const metrics = await (await fetch(`${at.url}/metrics`)).text();
    expect(metrics).toContain('fieldkit_refused_total{code="server_busy"} 1');
    endpoint.release();
    expect((await first).status).toBe(200);
    await server.close();
  });

  it('a wait ends after its time', async () => {
    const { send, server } = testServer(ferry, { config: { limits: { concurrent: 1, queue: 5, queueMs: 400 } } });
    const first = send('/v1/chat/completions', { json: ask() });
    await until(() => endpoint.held === 1, 'the first is under way');
    expect((await send('/v1/chat/completions', { json: ask({ stream: true }) })).status).toBe(503);
    endpoint.release();
    await first;
    await server.close();
  });

  it('of one key are bounded too', async () => {
    const { send, server, key } = testServer(ferry);
    const narrow = key({ limits: { concurrent: 1 } });
    const first = send('/v1/chat/completions', { key: narrow, json: ask() });
    await until(() => endpoint.held === 1, 'the first is under way');
    const second = await send('/v1/chat/completions', { key: narrow, json: ask() });
    expect(await json(second)).toMatchObject({ error: { code: 'too_many_concurrent' } });
    expect(second.status).toBe(429);
    endpoint.release();
    await first;
    await server.close();
  });
});

describe('rates and quotas of a key', () => {
  it('are 429 with Retry-After; other keys go on', async () => {
    const { send, server, key } = testServer(ferry);
    const slow = key({ limits: { requestsPerMinute: 2 } });
    const statuses = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await send('/v1/models', { key: slow })).status);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await send('/v1/models', { key: slow });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(await json(refused)).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'rate_limit_error' } });
    expect((await send('/v1/models', { key: key() })).status).toBe(200);
    await server.close();
  });

  it('refill evenly', () => {
    let now = 0;
    const limiter = createRateLimiter(() => now);
    expect([limiter.take('a', 2), limiter.take('a', 2)]).toEqual([0, 0]);
    expect(limiter.take('a', 2)).toBe(30);
    now += 29_000;
    expect(limiter.take('a', 2)).toBeCloseTo(1);
    now += 1_000;
    expect(limiter.take('a', 2)).toBe(0);
  });

  it('answers per day are counted over restarts, until midnight UTC', async () => {
    endpoint.release();
    let now = new Date('2026-05-01T23:00:00Z');
    const keys = `${ferry.root}/keys-quota.json`;
    const again = testServer(ferry, { now: () => now, keys });
    const counted = again.key({ limits: { answersPerDay: 1 }, now });
    const statuses = [
      (await again.send('/v1/chat/completions', { key: counted, json: ask() })).status,
      (await again.send('/v1/chat/completions', { key: counted, json: ask() })).status,
    ];
    expect(statuses).toEqual([200, 429]);
    await again.server.close();
    const restarted = testServer(ferry, { now: () => now, keys });
    const refused = await restarted.send('/v1/chat/completions', { key: counted, json: ask() });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3600']);
    now = new Date('2026-05-02T00:00:01Z');
    expect((await restarted.send('/v1/chat/completions', { key: counted, json: ask() })).status).toBe(200);
    await restarted.server.close();
  });
});

describe('a failing endpoint', () => {
  it('is an error in the shape of OpenAI, and in the stream an error object and a proper end', async () => {
    const { send, server, log } = testServer(ferry);
    endpoint.refuse(401);
    const whole = await send('/v1/chat/completions', { json: ask() });
    const body = await whole.text();
    expect([whole.status, JSON.parse(body).error.code]).toEqual([502, 'model_unauthorized']);
    expect(body).not.toContain('127.0.0.1');
    const stream = await send('/v1/chat/completions', { json: ask({ stream: true }) });
    const { data } = readEvents(await stream.text());
    expect(data.at(-1)).toBe('[DONE]');
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({
      error: { code: 'model_unauthorized', type: 'server_error' },
    });
    expect(log.join('')).toContain('MODEL_UNAUTHORIZED');
    await server.close();
  });
});

describe('a stream that waits', () => {
  it('is kept alive by comment lines from before the first token', async () => {
    const { send, server } = testServer(ferry, { config: { pingSeconds: 0.05 } });
    const response = await send('/v1/chat/completions', { json: ask({ stream: true }) });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (readEvents(text).comments.length < 3) text += (await reader?.read())?.value ?? '';
    expect(readEvents(text).data.map((line) => JSON.parse(line).choices[0].delta)).toEqual([
      { role: 'assistant', content: '' },
    ]);
    endpoint.release();
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) text += next.value;
    expect(readEvents(text).data.at(-1)).toBe('[DONE]');
    await server.close();
  });
});

describe('stopping', () => {
  it('lets answers under way finish, refuses new ones, and says that it is not ready', async () => {
    const { at, server } = await listeningServer(ferry);
    const post = () =>
      fetch(`${at.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(ask({ stream: true })),
      });
    const running = await post();
    await until(() => endpoint.held === 1, 'an answer is under way');
    const closed = server.close();
    const ready = await server.fetch(new Request('http://localhost/readyz'));
    expect(ready.status).toBe(503);
    const late = await server.fetch(new Request('http://localhost/v1/models'));
    expect([late.status, late.headers.get('connection')]).toEqual([503, 'close']);
    await expect(post()).rejects.toThrow();
    endpoint.release();
    expect(readEvents(await running.text()).data.at(-1)).toBe('[DONE]');
    await closed;
  });

  it('cancels what is left after its time, with an error in the stream', async () => {
    const { at, server } = await listeningServer(ferry, { config: { drainSeconds: 0.05 } });
    const running = await fetch(`${at.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ask({ stream: true })),
    });
    await until(() => endpoint.held === 1, 'an answer is under way');
    await server.close();
    const { data } = readEvents(await running.text());
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({ error: { code: 'cancelled' } });
    expect(data.at(-1)).toBe('[DONE]');
  });
});
