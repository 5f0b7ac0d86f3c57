/**
 * CPU, wall time and memory of prompts on an endpoint: CASES x PROVIDERS at 20 ms latency, three assertions, concurrency 20.
 *
 *   node --conditions=@fieldkit/source bench/eval/endpoint.ts [CASES=1000] [PROVIDERS=5]
 *
 * The endpoint is a process of its own, so that only the evaluation's CPU is counted. Prints one JSON object.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  caseSchema,
  contains,
  createPatternScorer,
  evaluateToLedger,
  integrity,
  openLedger,
  promptMatrix,
} from '../../packages/eval/src/index.ts';
import { createEndpoint } from '../../packages/models/src/index.ts';

const SERVER = `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  let raw = '';
  request.on('data', (data) => { raw += data; });
  request.on('end', () => setTimeout(() => {
    const { model, messages, stream } = JSON.parse(raw);
    const text = 'The answer to: ' + messages.at(-1).content;
    const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
    if (!stream) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model, choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }], usage }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (choices, rest = {}) => response.write('data: ' + JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model, choices, ...rest }) + '\\n\\n');
    send([{ index: 0, delta: { role: 'assistant', content: text }, finish_reason: null }]);
    send([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    send([], { usage });
    response.end('data: [DONE]\\n\\n');
  }, 20));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;

const [count = 1000, providers = 5] = process.argv.slice(2).map(Number);
const child = spawn(process.execPath, ['--input-type=module', '-e', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
const [port] = await once(child.stdout, 'data');
const endpoint = createEndpoint({
  profile: 'generic',
  baseUrl: `http://127.0.0.1:${String(port).trim()}/v1`,
  apiKey: 'none',
});
const folder = mkdtempSync(join(tmpdir(), 'fieldkit-endpoint-'));
const ledger = openLedger({ path: join(folder, 'ledger.sqlite') });
const models = Array.from({ length: providers }, (_, index) => endpoint.chat(`model-${index}`));
let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 100);
const cpu = process.cpuUsage();
const started = performance.now();
const summaries = await evaluateToLedger({
  ledger,
  cases: () =>
    Array.from({ length: count }, (_, index) =>
      caseSchema.parse({ id: `c${index}`, question: `What is ${index}?`, references: [`What is ${index}?`] }),
    ),
  targets: promptMatrix([{ name: 'plain', user: '{{question}}' }], models),
  scorers: [contains, createPatternScorer({ pattern: '^The answer' }), integrity],
  concurrency: 20,
});
const wallMs = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
clearInterval(watch);
ledger.close();
await endpoint.close();
child.stdin.end();
rmSync(folder, { recursive: true });
const calls = count * providers;
console.log(
  JSON.stringify({
    cases: calls,
    cpuMsPerCase: Math.round((user + system) / calls / 10) / 100,
    wallSeconds: Math.round(wallMs) / 1000,
    wallOverIdeal: Math.round((wallMs / ((calls * 20) / 20)) * 100) / 100,
    peakRssMiB: Math.round(peak / 2 ** 20),
    right: summaries.map(({ summary }) => summary.scores[0]?.overall.mean),
  }),
);
