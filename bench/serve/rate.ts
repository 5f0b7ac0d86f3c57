/**
 * Streaming requests of the three-node pipeline at a fixed rate, with the stand-in as the model, beside bare Hono as the floor.
 * node --conditions=@fieldkit/source bench/serve/rate.ts [--rate 50] [--seconds 30] [--latency 50] [--workers 2] [--floor-seconds 30] [--example NAME] [--cpu-profile DIR] [--out FILE]
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { percentile, processFigures, runLoad, type Sample, summarize } from './load.ts';
import { copyExample, launcher, makeProject, questionBody, start, startUpstream } from './start.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    latency: { type: 'string', default: '50' },
    example: { type: 'string' },
    workers: { type: 'string', default: '2' },
    'floor-seconds': { type: 'string', default: '30' }, // it does not change with time
    'cpu-profile': { type: 'string' },
    out: { type: 'string' },
  },
});
const [rate, seconds, latency] = [Number(values.rate), Number(values.seconds), Number(values.latency)];

/** The model calls of an answer: one chooses the search, one writes. */
const MODEL_CALLS = 2;

async function measure(started: { url: string; pid: number }, seconds: number, warm = 100) {
  const url = `${started.url}/v1/chat/completions`;
  await runLoad({ url, bodyOf, rate: Math.min(rate, 20), seconds: warm / 20 });
  const pids = { upstream: upstream.pid };
  const before = processFigures(started.pid);
  const clientBefore = process.cpuUsage();
  const cpuBefore = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processFigures(pid).cpuMs]));
  const samples = await runLoad({ url, bodyOf, rate, seconds });
  const after = processFigures(started.pid);
  const { complete } = summarize(samples, seconds);
  const beside = Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [
      name,
      Math.round(((processFigures(pid).cpuMs - (cpuBefore[name] ?? 0)) / Math.max(1, complete)) * 100) / 100,
    ]),
  );
  const { user, system } = process.cpuUsage(clientBefore);
  const client = Math.round((user + system) / 10 / Math.max(1, complete)) / 100;
  return {
    ...summarize(samples, seconds),
    /** Over the latency of the two model calls of an answer. */
    addedMs: added(samples),
    cpuMsPerAnswer: Math.round(((after.cpuMs - before.cpuMs) / Math.max(1, complete)) * 100) / 100,
    cpuMsPerAnswerBeside: { ...beside, client },
    cpuShare: Math.round((after.cpuMs - before.cpuMs) / (seconds * 10)) / 100,
    peakMb: after.peakMb,
  };
}

/** Milliseconds of the complete answers beyond what their model calls take. */
function added(samples: readonly Sample[]) {
  const over = samples.filter(({ complete }) => complete).map(({ endMs }) => endMs - MODEL_CALLS * latency);
  const at = (share: number) => Math.round(percentile(over, share) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

const profile = values['cpu-profile'];
const node = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
const upstream = await startUpstream(latency, node);
process.env.MAAS_BASE_URL = upstream.url;
process.env.MAAS_API_KEY = 'none';
process.env.MAAS_CHAT_MODEL = 'standin-extractive';
process.env.MAAS_FAST_MODEL = 'standin-extractive';
const project =
  values.example === undefined
    ? { ...(await makeProject(upstream.url, { logLevel: 'info' })), bodyOf: questionBody }
    : await copyExample(values.example);
const { bodyOf } = project;
try {
  const served = await start(
    launcher,
    ['serve', '--json', '--port', '0', '--workers', values.workers, '--project', project.root],
    node,
  );
  const fieldkit = await measure(served, seconds);
  served.close();
  const floor = await start(fileURLToPath(new URL('./bare-hono.ts', import.meta.url)), [String(2 * latency), '8']);
  const hono = await measure(floor, Math.min(seconds, Number(values['floor-seconds'])));
  floor.close();
  const result = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
    loadAverage: loadavg()[0],
    rate,
    seconds,
    example: values.example,
    workers: Number(values.workers),
    upstreamLatencyMs: latency,
    fieldkit,
    bareHono: hono,
  };
  console.log(JSON.stringify(result, null, 2));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  upstream.close();
  project.remove();
}
