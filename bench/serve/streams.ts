/**
 * Memory of many streams that are open at a time, each waiting for its model.
 * node --conditions=@fieldkit/source bench/serve/streams.ts [--streams 1000] [--out FILE]
 */
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { processFigures } from './load.ts';
import { launcher, makeProject, questionBody, start, startUpstream } from './start.ts';

const { values } = parseArgs({ options: { streams: { type: 'string', default: '1000' }, out: { type: 'string' } } });
const streams = Number(values.streams);

const upstream = await startUpstream(45_000);
const project = await makeProject(upstream.url, { limits: { concurrent: streams + 10, lagMs: 10_000 } });
try {
  const served = await start(launcher, ['serve', '--json', '--port', '0', '--workers', '2', '--project', project.root]);
  const before = processFigures(served.pid);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const statuses: Record<string, number> = {};
  for (let index = 0; index < streams; index += 1) {
    const headers = { 'content-type': 'application/json' };
    const sent = request(`${served.url}/v1/chat/completions`, { method: 'POST', agent, headers });
    sent.on('response', (response) => {
      const count = (name: string) => {
        statuses[name] = (statuses[name] ?? 0) + 1;
      };
      count(String(response.statusCode));
      response.setEncoding('utf8').on('error', () => {});
      response.on('data', (text: string) => {
        const code = /"code":"(\w+)"/.exec(text)?.[1];
        if (code !== undefined) count(`${response.statusCode} ${code}`);
      });
    });
    sent.on('error', () => {}).end(questionBody(index));
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  const open = processFigures(served.pid);
  agent.destroy(); // everybody leaves at once
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const live = await fetch(`${served.url}/livez`);
  const result = {
    streams,
    statuses,
    before,
    open,
    afterAllLeft: processFigures(served.pid),
    answersAfter: live.status,
  };
  console.log(JSON.stringify(result, null, 2));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
  served.close();
} finally {
  upstream.close();
  project.remove();
}
