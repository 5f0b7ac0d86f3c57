import { type ChatRequest, complete, isFieldkitError, mapConcurrent } from '@fieldkit/core';
import { createFakeClock } from '@fieldkit/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, apiError, delta, events, goodAnswer, wireServer } from './__fixtures__/wire-server.ts';
import { createEndpoint, createFailover, createSpendingGuard } from './index.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const hello: ChatRequest = { messages: [{ role: 'user', content: 'hi' }] };

async function route(name: string, answer: Answer) {
  const server = await wireServer(answer);
  const endpoint = createEndpoint({ profile: 'generic', baseUrl: server.url, apiKey: 'k', retry: { attempts: 1 } });
  closers.push(server.close, endpoint.close);
  return { server, route: { name, model: endpoint.chat('m') } };
}

describe('createFailover', () => {
  it('answers every call when the first route dies under load, and goes back when it is well', async () => {
    const clock = createFakeClock();
    let alive = true;
    const primary = await route('primary', (response, request, number) =>
      alive ? goodAnswer(response, request, number) : void response.destroy(),
    );
    const second = await route('second', goodAnswer);
    const model = createFailover([primary.route, second.route], { failures: 3, cooldownMs: 1000, clock });
    const results = await mapConcurrent(
      Array.from({ length: 200 }, (_, index) => index),
      10,
      async (index) => {
        if (index === 60) alive = false;
        return complete(model, hello);
      },
    );
    expect(results.every(({ text }) => text === 'Hello')).toBe(true);
    expect(results.some(({ findings }) => findings.some(({ code }) => code === 'model-switched'))).toBe(true);
    expect(model.states()[0]?.state).toBe('open');
    const asked = primary.server.requests.length;
    await complete(model, hello);
    expect(primary.server.requests.length).toBe(asked);
    alive = true;
    await clock.advance(1000);
    expect(model.states()[0]?.state).toBe('half-open');
    await complete(model, hello);
    expect(model.states()[0]?.state).toBe('closed');
    expect(primary.server.requests.length).toBe(asked + 1);
  });

  it('changes a streamed answer only before its first word', async () => {
    const early = await route('early', (response) => apiError(response, 503, 'busy', 'busy'));
    const late = await route('late', (response) => events(response, [delta({ content: 'Half' })], false));
    const good = await route('good', goodAnswer);
    const seen = await Array.fromAsync(createFailover([early.route, good.route]).chat(hello));
    expect(seen[0]).toMatchObject({ type: 'finding', finding: { code: 'model-switched' } });
    expect(seen.at(-1)).toMatchObject({ type: 'finish' });
    await expect(Array.fromAsync(createFailover([late.route, good.route]).chat(hello))).rejects.toMatchObject({
      code: 'MODEL_STREAM_BROKEN',
    });
    expect(good.server.requests).toHaveLength(1);
  });

  it('does not ask elsewhere when the request is at fault', async () => {
    const strict = await route('strict', (response) => apiError(response, 400, 'invalid_parameter_error', 'no'));
    const other = await route('other', goodAnswer);
    await expect(complete(createFailover([strict.route, other.route]), hello)).rejects.toMatchObject({
      code: 'MODEL_BAD_REQUEST',
    });
    expect(other.server.requests).toHaveLength(0);
  });

  it('is what an endpoint makes of fallbacks', async () => {
    const server = await wireServer((response, request, number) =>
      request.body.model === 'a'
        ? apiError(response, 404, 'model_not_found', 'gone')
        : goodAnswer(response, request, number),
    );
    const endpoint = createEndpoint({ profile: 'generic', baseUrl: server.url, apiKey: 'k' });
    closers.push(server.close, endpoint.close);
    const completion = await complete(endpoint.chat('a', { fallbacks: ['b'] }), hello);
    expect(completion.findings.map(({ code }) => code)).toContain('model-switched');
  });
});

describe('createSpendingGuard', () => {
  const money = (microUnits: number) => ({ currency: 'CNY', microUnits });

  it('stops before a limit is exceeded, calls under way counted', () => {
    const days: Record<string, number> = {};
    const ledger = {
      days: () => days,
      add: (day: string, cost: { microUnits: number }) => {
        days[day] = (days[day] ?? 0) + cost.microUnits;
      },
    };
    const guard = createSpendingGuard({ limits: { day: money(100) }, ledger });
    const first = guard.reserve(money(60), 'm');
    expect(() => guard.reserve(money(60), 'm')).toThrow(expect.objectContaining({ code: 'BUDGET_EXCEEDED' }));
    first.settle(money(20));
    guard.reserve(money(60), 'm').settle(money(60));
    expect(days).toEqual({ [new Date().toISOString().slice(0, 10)]: 80 });
  });

  it('starts each day anew and counts the project through', async () => {
    const clock = createFakeClock();
    const guard = createSpendingGuard({ limits: { day: money(100), project: money(150) }, clock });
    guard.reserve(money(100), 'm').settle(money(100));
    expect(() => guard.reserve(money(1), 'm')).toThrow(/the day's limit/);
    await clock.advance(24 * 3_600_000);
    guard.reserve(money(50), 'm').settle(money(50));
    expect(() => guard.reserve(money(1), 'm')).toThrow(/the project's limit/);
  });

  it('keeps an endpoint from calling', async () => {
    const server = await wireServer(goodAnswer);
    const prices = { currency: 'CNY', asOf: '2026-11-01', tiers: [{ input: 1, output: 1 }] };
    const spending = createSpendingGuard({ limits: { project: money(20) } });
    const endpoint = createEndpoint({
      profile: 'generic',
      baseUrl: server.url,
      apiKey: 'k',
      spending,
      modelFacts: { m: { kind: 'chat', prices } },
    });
    closers.push(server.close, endpoint.close);
    const model = endpoint.chat('m');
    const bounded = { ...hello, maxOutputTokens: 10 };
    expect((await complete(model, bounded)).cost).toEqual(money(15));
    const error = await complete(model, bounded).catch((thrown: unknown) => thrown);
    expect(isFieldkitError(error, 'BUDGET_EXCEEDED')).toBe(true);
    expect(server.requests).toHaveLength(1);
  });
});
