// Talks to an endpoint that fails once, records the calls and replays them without a network.
import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complete } from '@fieldkit/core';
import { createEndpoint, openCassette } from '@fieldkit/models';

let asked = 0;
const server = createServer((_, response) => {
  asked += 1;
  const busy = { error: { message: 'busy', type: 'server_error', code: 'ModelServingError' } };
  const message = { role: 'assistant', content: 'Hello from the endpoint.' };
  const usage = { prompt_tokens: 12, completion_tokens: 6, total_tokens: 18 };
  const answer = { id: 'c1', model: 'example-model', choices: [{ index: 0, message, finish_reason: 'stop' }], usage };
  response.writeHead(asked === 1 ? 503 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(asked === 1 ? busy : answer));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const baseUrl = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/v1` : '';
const directory = await mkdtemp(join(tmpdir(), 'fieldkit-example-'));
const path = join(directory, 'calls.jsonl');

const open = (mode: 'record' | 'replay') =>
  createEndpoint({
    profile: 'generic',
    baseUrl,
    apiKey: 'sk-example',
    retry: { attempts: 3, baseDelayMs: 10 },
    modelFacts: {
      'example-model': {
        kind: 'chat',
        prices: { currency: 'EUR', asOf: '2026-11-01', tiers: [{ input: 1, output: 2 }] },
      },
    },
    cassette: openCassette({ mode, path }),
  });
const ask = (mode: 'record' | 'replay') =>
  complete(open(mode).chat('example-model'), { messages: [{ role: 'user', content: 'Say hello.' }] });

const first = await ask('record');
server.close();
server.closeAllConnections();
const again = await ask('replay');

console.log(
  first.text,
  first.usage,
  first.cost,
  first.findings.map(({ message }) => message),
);
assert.equal(first.text, 'Hello from the endpoint.');
assert.deepEqual(first.cost, { currency: 'EUR', microUnits: 24 });
assert.deepEqual(
  first.findings.map(({ code }) => code),
  ['model-retried'],
);
assert.equal(again.text, first.text);
await rm(directory, { recursive: true });
