import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startService } from './start-service.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fieldkit-service-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(content: string): string {
  const path = join(folder, 'service.mjs');
  writeFileSync(path, content);
  return path;
}

const GOOD = `
  import { createServer } from 'node:http';
  const server = createServer((_, response) => response.end('pid ' + process.pid)).listen(0, '127.0.0.1', () =>
    console.log(JSON.stringify({ ready: true, url: 'http://127.0.0.1:' + server.address().port })));
  process.stdin.on('end', () => process.exit(0)).resume();`;

it('gives the address once the service is ready, and ends it', async () => {
  const service = await startService({ name: 'test', script: script(GOOD) });
  const answer = await (await fetch(service.url)).text();
  expect(answer).toMatch(/^pid \d+$/);
  await service.close();
  await service.close();
  expect(() => process.kill(Number(answer.slice(4)), 0)).toThrow();
});

it('ends a service that does not heed the end of its input', async () => {
  const service = await startService({
    name: 'deaf',
    script: script(GOOD.replace("process.stdin.on('end', () => process.exit(0)).resume();", '')),
  });
  const pid = Number((await (await fetch(service.url)).text()).slice(4));
  await service.close();
  expect(() => process.kill(pid, 0)).toThrow();
});

it('says what the service printed when it dies at once', async () => {
  const path = script("console.error('port is taken'); process.exit(3)");
  await expect(startService({ name: 'records', script: path })).rejects.toMatchObject({
    code: 'SERVICE_START_FAILED',
    message: expect.stringMatching(/records did not start: it ended with code 3[\s\S]*port is taken/),
  });
});

it.each(['hello', '{"ready":false,"url":"http://x"}', '{"ready":true}'])(
  'refuses a first line that is not the ready line: %s',
  async (line) => {
    const path = script(
      `console.log(${JSON.stringify(line)}); process.stdin.on('end', () => process.exit(0)).resume();`,
    );
    await expect(startService({ name: 'records', script: path })).rejects.toThrowError(/its first line should be/);
  },
);

it('gives up on a service that says nothing', async () => {
  const path = script("process.stdin.on('end', () => process.exit(0)).resume();");
  await expect(startService({ name: 'records', script: path, timeoutMs: 200 })).rejects.toThrowError(
    /not ready after 200 ms/,
  );
});

it('stops waiting when it is cancelled', async () => {
  const controller = new AbortController();
  const path = script("process.stdin.on('end', () => process.exit(0)).resume();");
  const started = startService({ name: 'records', script: path, signal: controller.signal });
  await wait(50);
  controller.abort();
  await expect(started).rejects.toMatchObject({ name: 'AbortError' });
});
