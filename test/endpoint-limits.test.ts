import { type ChatRequest, complete, createBudget, isFieldkitError } from '@fieldkit/core';
import { createFakeClock, type FakeClock } from '@fieldkit/core/testing';
import { createEndpoint, type EndpointOptions } from '@fieldkit/models';
import { createStandin, type Standin } from '@fieldkit/standin';
import { describe, expect, it } from 'vitest';

/** About 100 tokens, as a request of 600 a minute and 60,000 tokens a minute may have. */
const request = (number: number): ChatRequest => ({
  messages: [{ role: 'user', content: `${number} ${'word '.repeat(40)}` }],
});

function inProcess(standin: Standin, clock: FakeClock, options: Partial<EndpointOptions> = {}) {
  return createEndpoint({
    profile: 'dashscope',
    baseUrl: 'http://standin.invalid/v1',
    apiKey: 'test',
    fetch: standin.fetch,
    timeoutMs: 20_000,
    clock,
    ...options,
  });
}

/** Lets time go on in small steps, so that what happens in between gets its turn. */
async function pass(clock: FakeClock, ms: number, stepMs = 50): Promise<void> {
  for (let at = 0; at < ms; at += stepMs) {
    await clock.advance(stepMs);
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('pace', () => {
  it('uses at least 95 % of the limits and is hardly ever refused, with three times as much on offer', async () => {
    const clock = createFakeClock();
    const limits = { requestsPerMinute: 600, tokensPerMinute: 60_000 };
    const standin = createStandin({ limits, clock });
    const endpoint = inProcess(standin, clock, { limits: { '*': limits } });
    const model = endpoint.chat('standin-extractive');
    const stop = new AbortController();
    let failed = 0;
    const minutes = 5;
    const offered = 600 * minutes * 3;
    const calls = Array.from({ length: offered }, (_, index) =>
      complete(model, request(index), { signal: stop.signal }).catch((error: unknown) => {
        if (!stop.signal.aborted) failed += 1;
        return error;
      }),
    );
    await pass(clock, minutes * 60_000, 100);
    const { admitted, refused, tokens } = standin.counts();
    stop.abort();
    await clock.advance(60_000);
    await Promise.all(calls);
    const used = Math.max(admitted / (limits.requestsPerMinute * minutes), tokens / (limits.tokensPerMinute * minutes));
    console.log(
      `pace: ${admitted} admitted, ${refused} refused, ${tokens} tokens, ${(used * 100).toFixed(1)} % of the tighter limit`,
    );
    expect({ failed, refusedShare: refused / admitted < 0.01, used: used >= 0.95 }).toEqual({
      failed: 0,
      refusedShare: true,
      used: true,
    });
  });

  it('heals a token throttle without losing an item when it knows no limits', async () => {
    const clock = createFakeClock();
    const standin = createStandin({ limits: { requestsPerMinute: 120, tokensPerMinute: 12_000 }, clock });
    const model = inProcess(standin, clock).chat('standin-extractive');
    const calls = Promise.all(Array.from({ length: 60 }, (_, index) => complete(model, request(index))));
    let done = false;
    void calls.then(() => {
      done = true;
    });
    for (let minute = 0; minute < 20 && !done; minute += 1) await pass(clock, 60_000, 500);
    expect((await calls).length).toBe(60);
    console.log(`throttle: ${JSON.stringify(standin.counts())}`);
  });

  it('stops at once when the account is empty, with one clear error', async () => {
    const clock = createFakeClock();
    const standin = createStandin({ faults: [{ fault: 'arrears' }], clock });
    const model = inProcess(standin, clock).chat('standin-extractive');
    const errors = await Promise.all(
      Array.from({ length: 10 }, (_, index) => complete(model, request(index)).catch((error: unknown) => error)),
    );
    expect(errors.every((error) => isFieldkitError(error, 'MODEL_ACCOUNT_UNPAID'))).toBe(true);
    expect(standin.drawn().length).toBeLessThanOrEqual(10);
    expect(
      isFieldkitError(await complete(model, request(0)).catch((error: unknown) => error), 'MODEL_ACCOUNT_UNPAID'),
    ).toBe(true);
    expect(standin.drawn().length).toBeLessThanOrEqual(10);
  });
});

describe('latency', () => {
  it('is what was asked for, and written down', async () => {
    const standin = createStandin({ latency: { firstToken: { kind: 'uniform', min: 10, max: 20 }, betweenTokens: 1 } });
    const endpoint = createEndpoint({
      profile: 'generic',
      baseUrl: 'http://x.invalid/v1',
      apiKey: 'k',
      fetch: standin.fetch,
    });
    const started = performance.now();
    let first = 0;
    for await (const event of endpoint.chat('standin-extractive').chat(request(1))) {
      if (event.type === 'text-delta' && first === 0) first = performance.now() - started;
    }
    const [drawn] = standin.drawn();
    expect(drawn?.firstTokenMs).toBeGreaterThanOrEqual(10);
    expect(drawn?.betweenTokensMs.length).toBeGreaterThan(3);
    expect(first).toBeGreaterThanOrEqual((drawn?.firstTokenMs ?? 0) - 1);
    const again = createStandin({ latency: { firstToken: { kind: 'uniform', min: 10, max: 20 } } });
    await again.fetch('http://x.invalid/v1/rerank', {
      method: 'POST',
      headers: { authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'standin-rerank', query: 'a', documents: ['a'] }),
    });
    expect(again.drawn()[0]?.firstTokenMs).toBe(drawn?.firstTokenMs);
  });
});

it('books what calls cost, so that a budget of a run can stop it', async () => {
  const standin = createStandin();
  const prices = { currency: 'CNY', asOf: '2026-11-01', tiers: [{ input: 1, output: 4 }] };
  const endpoint = createEndpoint({
    profile: 'generic',
    baseUrl: 'http://x.invalid/v1',
    apiKey: 'k',
    fetch: standin.fetch,
    modelFacts: { 'standin-extractive': { kind: 'chat', prices } },
  });
  const { cost, usage } = await complete(endpoint.chat('standin-extractive'), request(1));
  expect(cost).toEqual({ currency: 'CNY', microUnits: usage.inputTokens + usage.outputTokens * 4 });
  const budget = createBudget({ cost: { currency: 'CNY', microUnits: 10 } });
  budget.spend(cost === undefined ? {} : { cost });
  expect(budget.exceeded()).toBe('cost');
});
