import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AgentEvent } from '@fieldkit/agent';
import { afterEach, expect, it } from 'vitest';
import { until } from '../testing/held-endpoint.ts';
import { type AskPool, createAskPool } from './ask-pool.ts';

const SCRIPT = fileURLToPath(new URL('../testing/answering-process.ts', import.meta.url));
const children: ChildProcess[] = [];
const pools: AskPool[] = [];

function poolOf(size: number, script = SCRIPT) {
  const exits: (number | null)[] = [];
  const start = () => {
    const child = fork(script, { execArgv: ['--conditions=@fieldkit/source'], stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const pool = createAskPool({ size, start, onExit: (code) => exits.push(code) });
  pools.push(pool);
  return { pool, exits };
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  expect(children.splice(0).every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)).toBe(true);
});

async function listen(events: AsyncIterable<AgentEvent>): Promise<string> {
  let text = '';
  for await (const event of events) if (event.type === 'text-delta') text += event.text;
  return text;
}

it('gives questions to the process with the fewest, and errors back as they were', async () => {
  const { pool } = poolOf(2);
  await pool.started();
  const answered = await Promise.all([listen(pool.ask('a')), listen(pool.ask('b'))]);
  expect(new Set(answered).size).toBe(2);
  expect(answered).not.toContain(String(process.pid));
  await expect(listen(pool.ask('fail'))).rejects.toMatchObject({
    code: 'INDEX_NOT_FOUND',
    message: 'nothing is indexed yet',
  });
});

it('cancels over there when its reader leaves or its signal aborts', async () => {
  const { pool } = poolOf(1);
  await pool.started();
  for await (const _ of pool.ask('wait')) break;
  await until(() => pool.lagMs() === 123, 'the process is told');
  const stop = new AbortController();
  const waiting = listen(pool.ask('wait', { signal: stop.signal }));
  setTimeout(() => stop.abort(), 50);
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
});

it('fails the questions of a process that ends, and starts another one', async () => {
  const { pool, exits } = poolOf(1);
  await pool.started();
  await expect(listen(pool.ask('crash'))).rejects.toMatchObject({ code: 'INTERNAL', retryable: true });
  await until(() => pool.ready === 1 && exits.length === 1, 'another one is ready');
  expect(exits).toEqual([3]);
  expect(await listen(pool.ask('again'))).toMatch(/^\d+$/);
});

it('tells how busy the processes are', async () => {
  const { pool } = poolOf(1);
  await pool.started();
  const answer = listen(pool.ask('block'));
  await until(() => pool.lagMs() > 100, 'a lag is told');
  await answer;
});

it('says when a process cannot be started', async () => {
  const { pool } = poolOf(1, fileURLToPath(new URL('./not-there.ts', import.meta.url)));
  await expect(pool.started()).rejects.toMatchObject({ code: 'SERVICE_START_FAILED' });
});
