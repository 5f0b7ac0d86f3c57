/**
 * CPU of a turn without HTTP around it, and a profile of it.
 * node --conditions=@fieldkit/source bench/serve/turn.ts [--turns 400] [--at-a-time 8] [--latency 5] [--cpu-profile FILE]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import { openProject } from '@fieldkit/project';
import { processFigures } from './load.ts';
import { makeProject, startUpstream } from './start.ts';

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '400' },
    'at-a-time': { type: 'string', default: '8' },
    latency: { type: 'string', default: '5' },
    'cpu-profile': { type: 'string' },
  },
});
const upstream = await startUpstream(Number(values.latency));
const made = await makeProject(upstream.url);
const project = await openProject(made.root, { environment: process.env });
let asked = 0;
async function turns(count: number) {
  const until = asked + count;
  await Promise.all(
    Array.from({ length: Number(values['at-a-time']) }, async () => {
      while (asked < until) {
        asked += 1;
        for await (const event of project.ask(`At how many bar does the valve V${asked % 500} open?`)) {
          if (event.type === 'run-end' && event.answer.status !== 'answered')
            console.error(event.answer.status, event.run.error);
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
    } catch {}
  }
  return found;
}
await turns(150);
const session = new Session();
session.connect();
const profile = values['cpu-profile'];
if (profile !== undefined) {
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}
const standinBefore = processFigures(upstream.pid).cpuMs;
const before = process.cpuUsage();
const threadsBefore = threads();
const begun = performance.now();
const count = Number(values.turns);
await turns(count);
const { user, system } = process.cpuUsage(before);
const ms = performance.now() - begun;
if (profile !== undefined) {
  const { profile: found } = await session.post('Profiler.stop');
  writeFileSync(profile, JSON.stringify(found));
}
const standin = (processFigures(upstream.pid).cpuMs - standinBefore) / count;
const byThread = Object.fromEntries(
  [...threads()].map(([name, ms]) => [name, +((ms - (threadsBefore.get(name) ?? 0)) / count).toFixed(2)]),
);
console.log(
  JSON.stringify({
    byThread,
    cpuMs: +((user + system) / 1000 / count).toFixed(2),
    user: +(user / 1000 / count).toFixed(2),
    system: +(system / 1000 / count).toFixed(2),
    standinMs: +standin.toFixed(2),
    wallMs: +(ms / count).toFixed(2),
    rssMb: Math.round(process.memoryUsage().rss / 1e6),
  }),
);
await project.close();
upstream.close();
made.remove();
process.exit(0);
