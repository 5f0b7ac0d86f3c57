/**
 * The memory of 1,000 streams at once in one client process: ours, the bare openai SDK, bare `fetch` and undici's `request`, each in a process of
 * its own. `node --conditions=@fieldkit/source bench/models/memory.ts` writes `memory.json`; what is built takes some 10 MB less, as nothing is
 * stripped of its types. Each stream is 500 pieces in four seconds. The figure depends on what the garbage collector is given: the second run of
 * ours has a young generation of 16 MB.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

const AT_ONCE = 1000;
const [kind, baseUrl = ''] = process.argv.slice(2);
const messages = [{ role: 'user' as const, content: 'hello '.repeat(50) }];
const body = { model: 'm', messages, seed: 1, stream: true as const, stream_options: { include_usage: true } };
const headers = { authorization: 'Bearer k', 'content-type': 'application/json' };
const mb = (bytes: number) => Math.round(bytes / 2 ** 20);

async function reader(): Promise<() => Promise<AsyncIterable<unknown>>> {
  switch (kind) {
    case 'ours': {
      const { createEndpoint } = await import('@fieldkit/models');
      const model = createEndpoint({ profile: 'generic', baseUrl, apiKey: 'k' }).chat('m');
      return async () => model.chat({ messages, seed: 1 });
    }
    case 'openai': {
      const { default: OpenAI } = await import('openai');
      const client = new OpenAI({ apiKey: 'k', baseURL: baseUrl, maxRetries: 0 });
      return async () => client.chat.completions.create(body);
    }
    case 'undici': {
      const { Agent, request } = await import('undici');
      const dispatcher = new Agent();
      const call = { method: 'POST' as const, dispatcher, headers, body: JSON.stringify(body) };
      return async () => (await request(`${baseUrl}/chat/completions`, call)).body;
    }
    default: {
      const call = { method: 'POST', headers, body: JSON.stringify(body) };
      return async () => (await fetch(`${baseUrl}/chat/completions`, call)).body ?? new ReadableStream();
    }
  }
}

async function measureHere(): Promise<void> {
  const open = await reader();
  const read = async () => {
    for await (const _ of await open()) {
      // to the end
    }
  };
  await read();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 50);
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: AT_ONCE }, read));
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ beforeMb: mb(before), peakMb: mb(peak), cpuMs: Math.round((user + system) / 1000) }));
  process.exit(0);
}

interface Figures {
  readonly beforeMb: number;
  readonly peakMb: number;
  readonly cpuMs: number;
}

async function measure(name: string, url: string, flags: readonly string[]): Promise<Figures> {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, ...flags, self, name, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return JSON.parse(String(line)) as Figures;
}

async function measureAll(): Promise<void> {
  const server = spawn(process.execPath, [fileURLToPath(new URL('./overhead-server.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = String((await once(server.stdout, 'data'))[0]).trim();
  const runs = [
    ['ours', 'ours', []],
    ['ours, young generation of 16 MB', 'ours', ['--max-semi-space-size=16']],
    ['openai', 'openai', []],
    ['fetch', 'fetch', []],
    ['undici request', 'undici', []],
  ] as const;
  const results: Record<string, readonly Figures[]> = {};
  for (const [name, what, flags] of runs) {
    const three: Figures[] = [];
    for (let turn = 0; turn < 3; turn += 1) three.push(await measure(what, url, flags));
    results[name] = three;
    console.log(`${name}: ${three.map(({ peakMb }) => peakMb).join(', ')} MB resident at most`);
  }
  server.kill();
  const report = {
    node: process.version,
    load: loadavg().map((one) => Number(one.toFixed(1))),
    streams: AT_ONCE,
    results,
  };
  writeFileSync(new URL('./memory.json', import.meta.url), `${JSON.stringify(report, undefined, 2)}\n`);
}

await (kind === undefined ? measureAll() : measureHere());
