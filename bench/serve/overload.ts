/**
 * What happens at several times the load that can be served: goodput against the peak, how fast refusals are, how soon it is normal again.
 * node --conditions=@fieldkit/source bench/serve/overload.ts [--peak-rate 60] [--times 5] [--seconds 15] [--latency 50] [--out FILE]
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { percentile, processFigures, runLoad, type Sample, summarize } from './load.ts';
import { launcher, makeProject, questionBody, start, startUpstream } from './start.ts';

const { values } = parseArgs({
  options: {
    'peak-rate': { type: 'string', default: '60' },
    times: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '15' },
    latency: { type: 'string', default: '50' },
    out: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

const upstream = await startUpstream(Number(values.latency));
const project = await makeProject(upstream.url);
try {
  const served = await start(launcher, ['serve', '--json', '--port', '0', '--workers', '2', '--project', project.root]);
  const load = (rate: number, length: number) =>
    runLoad({ url: `${served.url}/v1/chat/completions`, bodyOf: questionBody, rate, seconds: length });
  await load(10, 10);
  const calm = await load(5, 6);
  // As much as it takes: what comes back while more is offered than it can do.
  const peak = inWindow(await load(Number(values['peak-rate']), seconds), seconds);
  const offered = peak.goodput * Number(values.times);
  const over = await load(offered, seconds);
  const after = await load(5, 10);
  const normalMs =
    percentile(
      calm.map(({ endMs }) => endMs),
      0.95,
    ) * 2;
  const slow = after.filter(({ complete, endMs }) => !complete || endMs > normalMs).map(({ at }) => at);
  const result = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
    loadAverage: loadavg()[0],
    calm: summarize(calm, 6),
    peak,
    offered,
    overload: inWindow(over, seconds),
    goodputShare: Math.round((inWindow(over, seconds).goodput / peak.goodput) * 100) / 100,
    normalAgainMs: Math.round(Math.max(0, ...slow)),
    memory: processFigures(served.pid),
  };
  console.log(JSON.stringify(result, null, 2));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
  served.close();
} finally {
  upstream.close();
  project.remove();
}

/** Goodput counts what was complete before the load ended. */
function inWindow(samples: readonly Sample[], length: number) {
  const within = samples.filter(({ complete, at, endMs }) => complete && at + endMs <= length * 1000).length;
  return { ...summarize(samples, length), goodput: Math.round((within / length) * 10) / 10 };
}
