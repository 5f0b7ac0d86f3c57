import type { Tool } from '@fieldkit/core';
import { createScriptedModel, type ScriptedReply } from '@fieldkit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, gather, understand } from './plan.ts';
import { openPostgresStore } from './postgres-store.ts';
import { caller, callSearch, listen, orderTool, passageOf, searchTool, testAgent } from './testing/fixtures.ts';
import { postgresPrograms, startPostgres } from './testing/postgres-server.ts';

const programs = postgresPrograms();

describe.skipIf(programs === undefined)('on a PostgreSQL server (skipped where none is installed)', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres(programs ?? '');
  });
  afterAll(() => server.close());

  /** One replica: an agent of its own over the common database. */
  function replica(replies: readonly ScriptedReply[], schema: string, tool: Tool = orderTool({})) {
    const model = createScriptedModel(replies);
    const tools = [tool, searchTool([passageOf('a', 'Order SO-1 may be cancelled until Friday.')])];
    const plan = { nodes: [understand(), gather({ rounds: 1 }), answer()] };
    return { model, agent: testAgent({ model, tools, plan, checkpoints: { postgres: server.url, schema } }) };
  }
  const UNTIL = 'Until Friday [1: "until Friday"].';
  const understood = JSON.stringify({ question: 'order?', language: 'en', inScope: true, subQuestions: [] });

  it('a conversation goes on at another replica, and only in its own schema', async () => {
    const first = replica([{ toolCalls: [callSearch('order')] }, UNTIL], 'desk_a');
    const second = replica([understood, { toolCalls: [callSearch('order')] }, UNTIL], 'desk_a');
    const other = replica([{ toolCalls: [callSearch('order')] }, UNTIL], 'desk_b');
    const ask = { question: 'Until when may an order be cancelled?', caller, sessionId: 's' };
    expect((await listen(first.agent.ask(ask))).answer.status).toBe('answered');
    const followed = await listen(second.agent.ask({ ...ask, question: 'And the order after it?' }));
    expect(followed.answer.status).toBe('answered');
    expect(JSON.stringify(second.model.requests[0])).toContain('Until when may an order be cancelled?');
    await listen(other.agent.ask(ask));
    expect(other.model.requests).toHaveLength(2); // nothing was said before: no model is asked to understand it
    await Promise.all([first, second, other].map(({ agent }) => agent.close()));
  });

  it('a write that waits at one replica is decided and goes on at another, once', async () => {
    const done: unknown[] = [];
    const cancel = orderTool({
      name: 'cancel_order',
      effects: 'write',
      async run(input) {
        done.push(input);
        return { data: { cancelled: 'SO-1' }, text: 'cancelled SO-1', isError: false };
      },
    });
    const call = { toolCalls: [{ id: 'c', name: 'cancel_order', arguments: '{"order":"SO-1"}' }] };
    const first = replica([call], 'desk_c', cancel);
    const { run } = await listen(first.agent.ask({ question: 'Please cancel order SO-1', caller, runId: 'run-1' }));
    expect(run.error?.code).toBe('TOOL_NEEDS_APPROVAL');
    await first.agent.close();
    const second = replica(['Order SO-1 was cancelled [1: "cancelled: SO-1"].'], 'desk_c', cancel);
    expect(await second.agent.unfinished(caller)).toMatchObject([{ runId: 'run-1' }]);
    const [approval] = await second.agent.approvals(caller);
    await second.agent.decide(caller, approval?.id ?? '', { decision: 'approve', by: 'Ann' });
    const resumed = await listen(second.agent.resume({ runId: 'run-1', caller }));
    expect(resumed.answer).toMatchObject({ status: 'answered', text: 'Order SO-1 was cancelled [1].' });
    expect(done).toEqual([{ order: 'SO-1' }]);
    const third = replica([], 'desk_c', cancel); // the result is there for everybody
    expect((await listen(third.agent.resume({ runId: 'run-1', caller }))).answer).toEqual(resumed.answer);
    await Promise.all([second, third].map(({ agent }) => agent.close()));
  });

  it('a run that failed on the way goes on elsewhere without asking the model again', async () => {
    const first = replica([{ toolCalls: [callSearch('order')] }, new Error('broken')], 'desk_d');
    const ask = { question: 'Until when may an order be cancelled?', caller, runId: 'run-2' };
    expect((await listen(first.agent.ask(ask))).run.error).toBeDefined();
    const second = replica([UNTIL], 'desk_d');
    const { answer: end, run } = await listen(second.agent.resume({ runId: 'run-2', caller }));
    expect(end.status).toBe('answered');
    expect(run.steps.map(({ kind }) => kind)).toEqual(['node', 'node', 'model', 'tool', 'node', 'model']);
    await Promise.all([first, second].map(({ agent }) => agent.close()));
  });

  it('writes in order, all of a turn or nothing, and says when it cannot', async () => {
    const stores = [openPostgresStore({ postgres: server.url }), openPostgresStore({ postgres: server.url })];
    const [a, b] = [stores[0] as (typeof stores)[0], stores[1] as (typeof stores)[0]];
    const insert = 'INSERT INTO summaries (session, at, summary) VALUES (?, ?, ?)';
    await Promise.all([a.all('SELECT 1'), b.all('SELECT 1')]); // both make the tables
    a.write(insert, 's', 1, 'one');
    a.write('UPDATE summaries SET summary = ? WHERE session = ?', 'two?', 's');
    await a.settled();
    expect(await b.all('SELECT summary FROM summaries')).toEqual([{ summary: 'two?' }]);
    b.write('DELETE FROM summaries');
    b.write(insert, 't', 1, null);
    await expect(b.settled()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    expect(await b.all('SELECT session FROM summaries')).toEqual([{ session: 's' }]);
    await Promise.all(stores.map((store) => store.close()));
  });
});

it('says that nobody answers, without the password', async () => {
  const store = openPostgresStore({ postgres: 'postgresql://a:secret@127.0.0.1:9/x' });
  await expect(store.all('SELECT 1')).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.not.stringContaining('secret'),
  });
  await store.close();
});
