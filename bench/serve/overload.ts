/**
 * What happens when several times as much is offered as can be served: goodput against the peak, how fast refusals are, how soon it is normal again.
 * node --conditions=@fieldkit/source bench/serve/overload.ts [--offered 500] [--times 5] [--seconds 12] [--latency 50] [--cpu-profile DIR] [--out FILE]
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { percentile, processFigures, runLoad, type Sample, summarize } from './load.ts';
import { launcher, makeProject, questionBody, start, startUpstream } from './start.ts';

const { values } = parseArgs({
  options: {
    offered: { type: 'string', default: '500' },
    times: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '12' },
    latency: { type: 'string', default: '50' },
    'cpu-profile': { type: 'string' },
    out: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

/** Requests a second that are tried one after the other: the most that comes back is the peak. */
const LADDER = [140, 180, 220, 260, 320];
const STEP_SECONDS = 6;

const upstream = await startUpstream(Number(values.latency));
const project = await makeProject(upstream.url);
try {
  const profile = values['cpu-profile'];
  const served = await start(
    launcher,
    ['serve', '--json', '--port', '0', '--workers', '2', '--project', project.root],
    profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  );
  const load = (rate: number, length: number) =>
    runLoad({ url: `${served.url}/v1/chat/completions`, bodyOf: questionBody, rate, seconds: length });
  await load(10, 3);
  await load(60, 10); // compiled and warm
  const calm = await load(5, 6);
  const normalMs =
    percentile(
      calm.map(({ endMs }) => endMs),
      0.95,
    ) * 2;
  const steps = [];
  for (const rate of LADDER) steps.push({ rate, ...(await window(() => load(rate, STEP_SECONDS), STEP_SECONDS)) });
  const peak = Math.max(...steps.map(({ goodput }) => goodput));
  const overloads = [];
  for (const offered of [Number(values.offered), Math.round(peak * Number(values.times))]) {
    const over = await window(() => load(offered, seconds), seconds);
    const after = await load(5, 6);
    const slow = after.filter(({ complete, endMs }) => !complete || endMs > normalMs).map(({ at }) => at);
    overloads.push({
      offered,
      goodputShare: Math.round((over.goodput / peak) * 100) / 100,
      normalAgainMs: Math.round(Math.max(0, ...slow)),
      ...over,
    });
  }
  const result = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
    loadAverage: loadavg()[0],
    calm: summarize(calm, 6),
    peak,
    steps,
    overloads,
    memory: processFigures(served.pid),
  };
  console.log(JSON.stringify(result, null, 2));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
  served.close();
} finally {
  upstream.close();
  project.remove();
}

/** One load, and how late the client itself was, which shares the processors: what it adds to every time it takes. */
async function window(load: () => Promise<Sample[]>, length: number) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const samples = await load();
  delay.disable();
  const ms = (ns: number) => Math.round(ns / 1e5) / 10;
  return {
    ...inWindow(samples, length),
    clientLoopMs: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)) },
  };
}

/** Goodput counts what was complete before the load ended. */
function inWindow(samples: readonly Sample[], length: number) {
  const within = samples.filter(({ complete, at, endMs }) => complete && at + endMs <= length * 1000).length;
  return { ...summarize(samples, length), goodput: Math.round((within / length) * 10) / 10 };
}
