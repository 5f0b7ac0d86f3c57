/**
 * Whether anything of a request is kept: live heap after a forced collection, between rounds of load, in the process that listens and in one that
 * answers. Not for wall time; any machine will do.
 * node --conditions=@fieldkit/source bench/serve/memory.ts [--rounds 4] [--requests 1000] [--rate 25] [--sample] [--out FILE]
 *
 * --sample names what was allocated meanwhile and is still there. The inspector's port of 9229 must be free.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { processFigures, runLoad } from './load.ts';
import { launcher, makeProject, questionBody, start, startUpstream } from './start.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    requests: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '25' },
    sample: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const [rounds, requests, rate] = [Number(values.rounds), Number(values.requests), Number(values.rate)];

interface Load {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyOf: (index: number) => string;
}

const questionOf = (index: number): { readonly content: string } => JSON.parse(questionBody(index)).messages[0];
const chat: Load = { path: '/v1/chat/completions', bodyOf: questionBody };
const LOADS: Readonly<Record<string, Load>> = {
  'chat, streamed': chat,
  'chat, whole': { ...chat, bodyOf: (index) => JSON.stringify({ ...JSON.parse(questionBody(index)), stream: false }) },
  'AG-UI': {
    path: '/agui',
    bodyOf: (index) =>
      JSON.stringify({
        threadId: `thread-${index}`,
        runId: `run-${index}`,
        messages: [{ id: String(index), role: 'user', ...questionOf(index) }],
      }),
  },
  'MCP, a session for each': {
    path: '/mcp',
    headers: { accept: 'application/json, text/event-stream' },
    bodyOf: (id) =>
      JSON.stringify({
        jsonrpc: '2.0',
        id,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
      }),
  },
};

const upstream = await startUpstream(10);
const results = [];
try {
  for (const [name, load] of Object.entries(LOADS)) results.push(await measure('listens', name, load));
  results.push(await measure('answers', 'chat, streamed', chat));
} finally {
  upstream.close();
}
const result = { date: new Date().toISOString().slice(0, 10), node: process.version, rounds, requests, results };
console.log(JSON.stringify(result, null, 2));
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
process.exit(0);

async function measure(which: 'listens' | 'answers', name: string, { path, headers = {}, bodyOf }: Load) {
  const project = await makeProject(upstream.url);
  const served = await start(launcher, ['serve', '--json', '--port', '0', '--workers', '2', '--project', project.root]);
  const [child] = readFileSync(`/proc/${served.pid}/task/${served.pid}/children`, 'utf8').trim().split(' ');
  const pid = which === 'listens' ? served.pid : Number(child);
  const heap = await inspect(pid);
  let sent = 0;
  let answered = 0;
  const round = async () => {
    const from = sent;
    sent += requests;
    const url = `${served.url}${path}`;
    const done = await runLoad({ url, headers, bodyOf: (at) => bodyOf(from + at), rate, seconds: requests / rate });
    answered += done.filter(({ status }) => status === 200).length;
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // ends are written
    return heap.liveBytes();
  };
  const first = await round(); // what is loaded and remembered once
  answered = 0;
  if (values.sample) await heap.startSampling();
  const live = [first];
  for (let count = 0; count < rounds; count += 1) live.push(await round());
  if (values.sample) for (const line of await heap.stillThere()) console.error(line);
  const last = live.at(-1) ?? first;
  const figures = {
    process: which,
    load: name,
    answered,
    liveMb: live.map((bytes) => Math.round(bytes / 1e4) / 100),
    bytesPerAnswer: Math.round((last - first) / Math.max(1, answered)),
    residentMb: processFigures(pid).residentMb,
  };
  console.error(JSON.stringify(figures));
  heap.close();
  served.close();
  project.remove();
  return figures;
}

/** The heap of a process, through the inspector that Node opens on SIGUSR1. */
async function inspect(pid: number) {
  process.kill(pid, 'SIGUSR1');
  const targets = await eventually(async () => (await fetch('http://127.0.0.1:9229/json/list')).text());
  const socket = new WebSocket(JSON.parse(targets)[0].webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const open = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    open.get(id)?.(result);
  });
  let ids = 0;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own types are for sessions inside a process
  const post = (method: string, params = {}): Promise<any> =>
    new Promise((resolve) => {
      ids += 1;
      open.set(ids, resolve);
      socket.send(JSON.stringify({ id: ids, method, params }));
    });
  await post('HeapProfiler.enable');
  return {
    async liveBytes(): Promise<number> {
      for (let time = 0; time < 3; time += 1) await post('HeapProfiler.collectGarbage');
      return (await post('Runtime.getHeapUsage')).usedSize;
    },
    startSampling: () => post('HeapProfiler.startSampling', { samplingInterval: 4096 }),
    /** The largest, with who called whom. */
    async stillThere(): Promise<string[]> {
      const { profile } = await post('HeapProfiler.stopSampling');
      const found: { kb: number; path: string }[] = [];
      const walk = ({ callFrame, selfSize, children }: SampledNode, path: readonly string[]) => {
        const { functionName, url, lineNumber } = callFrame;
        const here = [`${functionName} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`, ...path];
        if (selfSize > 0) found.push({ kb: Math.round(selfSize / 1024), path: here.slice(0, 6).join(' < ') });
        for (const one of children) walk(one, here);
      };
      walk(profile.head, []);
      found.sort((a, b) => b.kb - a.kb);
      return found.slice(0, 20).map(({ kb, path }) => `${kb} KB ${path}`);
    },
    close: () => socket.close(),
  };
}

interface SampledNode {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let time = 0; ; time += 1) {
    try {
      return await work();
    } catch (error) {
      if (time === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
