/**
 * Where the CPU of an answer goes: a profile of the pipeline without HTTP around it, by part, and the CPU of the other threads.
 * node --conditions=@fieldkit/source bench/serve/profile.ts [--answers 400] [--at-a-time 8] [--latency 5] [--example NAME] [--out FILE] [--cpu-profile FILE]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openProject } from '@fieldkit/project';
import { processFigures } from './load.ts';
import { copyExample, makeProject, questionBody, startUpstream } from './start.ts';

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '400' },
    'at-a-time': { type: 'string', default: '8' },
    latency: { type: 'string', default: '5' },
    example: { type: 'string' },
    out: { type: 'string' },
    'cpu-profile': { type: 'string' },
  },
});
const count = Number(values.answers);
const upstream = await startUpstream(Number(values.latency));
process.env.MAAS_BASE_URL = upstream.url;
process.env.MAAS_API_KEY = 'none';
process.env.MAAS_CHAT_MODEL = 'standin-extractive';
process.env.MAAS_FAST_MODEL = 'standin-extractive';
const made =
  values.example === undefined
    ? { ...(await makeProject(upstream.url)), bodyOf: questionBody }
    : await copyExample(values.example);
const project = await openProject(made.root, { environment: process.env });
let asked = 0;
async function answers(more: number) {
  const until = asked + more;
  await Promise.all(
    Array.from({ length: Number(values['at-a-time']) }, async () => {
      while (asked < until) {
        asked += 1;
        const [{ content: question }] = JSON.parse(made.bodyOf(asked)).messages;
        for await (const event of project.ask(question)) {
          if (event.type === 'run-end' && event.answer.status === 'failed') throw new Error(event.answer.text);
        }
      }
    }),
  );
}

/** CPU ms of the threads of this process, by name (Linux). */
function threads(): Map<string, number> {
  const found = new Map<string, number>();
  for (const id of readdirSync('/proc/self/task')) {
    try {
      const ns = Number(readFileSync(`/proc/self/task/${id}/schedstat`, 'utf8').split(' ')[0]);
      const name = Number(id) === process.pid ? 'main' : readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim();
      found.set(name, (found.get(name) ?? 0) + ns / 1e6);
    } catch {
      // it ended meanwhile
    }
  }
  return found;
}

const round = (value: number) => Math.round(value * 100) / 100;

await answers(150);
// First without the profiler, which costs time of its own.
const [standinBefore, before] = [processFigures(upstream.pid).cpuMs, threads()];
await answers(count);
const after = [...threads()].map(([name, ms]) => [name, round((ms - (before.get(name) ?? 0)) / count)] as const);
const standin = round((processFigures(upstream.pid).cpuMs - standinBefore) / count);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: 200 });
await session.post('Profiler.start');
await answers(count);
const { profile } = await session.post('Profiler.stop');
if (values['cpu-profile'] !== undefined) writeFileSync(values['cpu-profile'], JSON.stringify(profile));
const result = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  loadAverage: loadavg()[0],
  example: values.example,
  answers: count,
  cpuMsPerAnswer: round(after.reduce((sum, [, ms]) => sum + ms, 0)),
  cpuMsByThread: Object.fromEntries(after.filter(([, ms]) => ms > 0)),
  standinMsPerAnswer: standin,
  shareOfMainThread: sharesOf(profile),
};
console.log(JSON.stringify(result, null, 2));
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
await project.close();
upstream.close();
made.remove();
process.exit(0);

/** Percent of the samples by package; what Node itself does counts for the package that called it. */
function sharesOf({ nodes, samples = [] }: Profiler.Profile): Record<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const partOf = (id: number): string | undefined => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const { url = '', functionName = '' } = byId.get(at)?.callFrame ?? {};
      if (functionName === '(idle)') return undefined;
      if (functionName === '(garbage collector)') return 'garbage collector';
      const vendor = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
      if (vendor !== undefined) return vendor;
      const own = /\/packages\/([^/]+)\//.exec(url)?.[1];
      if (own !== undefined) return `@fieldkit/${own}`;
    }
    return 'Node';
  };
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const part = partOf(sample);
    if (part !== undefined) counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([part, n]) => [part, round((n / all) * 100)] as const);
  return Object.fromEntries(sorted.filter(([, share]) => share >= 0.5));
}
