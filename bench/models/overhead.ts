/**
 * What the client costs over the bare openai SDK for the same calls: `node --conditions=@fieldkit/source bench/models/overhead.ts` writes
 * `overhead.json`. The endpoint is a server in a child process, so that only the client's CPU is counted; medians of five rounds, in turns.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type ChatRequest, complete } from '@fieldkit/core';
import { createEndpoint } from '@fieldkit/models';
import OpenAI from 'openai';

const CALLS = 600;
const STREAMS = 60;
const CHUNKS = 500;

const child: ChildProcess = spawn(process.execPath, [fileURLToPath(new URL('./overhead-server.ts', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
if (child.stdout === null) throw new Error('the server has no output');
const [line] = await once(child.stdout, 'data');
const baseUrl = String(line).trim();

const request: ChatRequest = { messages: [{ role: 'user', content: 'hello '.repeat(50) }] };
const messages = [{ role: 'user' as const, content: 'hello '.repeat(50) }];
const endpoint = createEndpoint({ profile: 'generic', baseUrl, apiKey: 'k' });
const ours = endpoint.chat('m');
const bare = new OpenAI({ apiKey: 'k', baseURL: baseUrl, maxRetries: 0 });

async function cpuMs(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function repeat(times: number, run: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < times; index += 1) await run();
}

const calls = {
  ours: () => complete(ours, request),
  bare: () => bare.chat.completions.create({ model: 'm', messages }),
};
const streams = {
  ours: async () => {
    for await (const _ of ours.chat(request)) {
      // read to the end
    }
  },
  bare: async () => {
    for await (const _ of await bare.chat.completions.create({
      model: 'm',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })) {
      // read to the end
    }
  },
};

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
async function compare(times: number, kinds: { ours: () => Promise<unknown>; bare: () => Promise<unknown> }) {
  await repeat(times, kinds.ours);
  await repeat(times, kinds.bare);
  const runs: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round < 5; round += 1) {
    runs.bare.push(await cpuMs(() => repeat(times, kinds.bare)));
    runs.ours.push(await cpuMs(() => repeat(times, kinds.ours)));
  }
  return { ours: median(runs.ours) / times, bare: median(runs.bare) / times };
}

const perCall = await compare(CALLS, calls);
const perStream = await compare(STREAMS, streams);
const round = (value: number) => Number(value.toFixed(3));
const report = {
  node: process.version,
  load: loadavg().map((one) => Number(one.toFixed(1))),
  callCpuMs: { bare: round(perCall.bare), ours: round(perCall.ours), more: round(perCall.ours - perCall.bare) },
  chunkCpuUs: {
    bare: round((perStream.bare * 1000) / CHUNKS),
    ours: round((perStream.ours * 1000) / CHUNKS),
    more: round(((perStream.ours - perStream.bare) * 1000) / CHUNKS),
  },
};
writeFileSync(new URL('./overhead.json', import.meta.url), `${JSON.stringify(report, undefined, 2)}\n`);
console.log(report);
await endpoint.close();
child.stdin?.end();
child.kill();
