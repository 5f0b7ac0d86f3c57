import { type ChatRequest, type Clock, systemClock } from '@fieldkit/core';
import { createFakeClock } from '@fieldkit/core/testing';
import { createEndpoint } from '@fieldkit/models';
import { createStandin } from '@fieldkit/standin';
import { expect, it, onTestFinished } from 'vitest';

const ask = (text: string): ChatRequest => ({ messages: [{ role: 'user', content: text }] });

function open(clock: Clock = systemClock) {
  const prices = { currency: 'CNY', asOf: '2026-11-01', batchFactor: 0.5, tiers: [{ input: 2, output: 8 }] };
  const endpoint = createEndpoint({
    profile: 'dashscope',
    baseUrl: 'http://x.invalid/v1',
    apiKey: 'k',
    clock,
    fetch: createStandin().fetch,
    modelFacts: { 'standin-extractive': { kind: 'chat', prices } },
  });
  return endpoint;
}

it('runs requests by file and gives an answer or an error for each, in order', async () => {
  const clock = createFakeClock();
  const endpoint = open(clock);
  const judge = {
    ...ask('grade this'),
    output: { name: 'v', schema: { type: 'object', properties: { verdict: { type: 'string' } } } },
  };
  const states: string[] = [];
  const running = endpoint
    .batch('standin-extractive')
    .run([ask('one'), judge, ask('three')], { onProgress: ({ status }) => states.push(status) });
  let over = false;
  void running.finally(() => {
    over = true;
  });
  while (!over) {
    await clock.advance(30_000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  const results = await running;
  expect(results.map((result) => (result.ok ? result.value.text.slice(0, 12) : result.error.code))).toEqual([
    'INSUFFICIENT',
    'MODEL_BAD_REQUEST',
    'INSUFFICIENT',
  ]);
  const [first] = results;
  if (first?.ok !== true) throw new Error('the first line was answered');
  expect(first.value.cost?.microUnits).toBe(first.value.usage.inputTokens + first.value.usage.outputTokens * 4);
  expect(states).toEqual(['in_progress', 'finalizing', 'completed']);
});

it('rehearses with the test model, over a real connection', async () => {
  const standin = await createStandin().listen();
  const endpoint = createEndpoint({ profile: 'dashscope', baseUrl: standin.url, apiKey: 'k' });
  onTestFinished(async () => {
    await endpoint.close();
    await standin.close();
  });
  const [result] = await endpoint.batch('standin-extractive').run([ask('one')], { dryRun: true, pollMs: 0 });
  expect(result).toMatchObject({ ok: true, value: { text: 'This is a test result.' } });
});

it('says what became of each line when a batch is cancelled', async () => {
  const endpoint = open();
  const model = endpoint.batch('standin-extractive');
  const requests = [ask('one'), ask('two')];
  const id = await model.submit(requests);
  await model.cancel(id);
  const results = await model.collect(id, requests);
  expect(results.every((result) => !result.ok && result.error.message.includes('cancelled'))).toBe(true);
});
