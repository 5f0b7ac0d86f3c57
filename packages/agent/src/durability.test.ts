import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Run, runSchema, type Tool } from '@fieldkit/core';
import { createFakeClock, createScriptedModel, type ScriptedReply } from '@fieldkit/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApprovals } from './approvals.ts';
import { answer, gather, understand } from './plan.ts';
import { openStore } from './store.ts';
import { caller, callSearch, listen, orderTool, passageOf, searchTool, testAgent } from './testing/fixtures.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plan = { nodes: [understand(), gather({ rounds: 1 }), answer()] };
const cancelCall = { toolCalls: [{ id: 'c', name: 'cancel_order', arguments: '{"order":"SO-1"}' }] };
const ASK = { question: 'Please cancel order SO-1', caller, runId: 'run-1' };

/** A write tool that remembers what it did. */
function cancelTool(done: unknown[], fields: Partial<Tool> = {}): Tool {
  return orderTool({
    name: 'cancel_order',
    effects: 'write',
    async run(input) {
      done.push(input);
      return { data: { cancelled: 'SO-1' }, text: 'cancelled SO-1', isError: false };
    },
    ...fields,
  });
}

function agentOn(replies: readonly ScriptedReply[], tool: Tool, more: object = {}, options: object = {}) {
  const model = createScriptedModel(replies);
  const tools = [tool, searchTool([passageOf('a', 'Order SO-1 may be cancelled until Friday.')])];
  return {
    model,
    agent: testAgent({ model, tools, plan: { ...plan, ...more }, checkpoints: join(folder, 's.db'), ...options }),
  };
}

const DONE = 'Order SO-1 was cancelled [1: "cancelled: SO-1"].';

describe('approval of a write', () => {
  it('stops the run, is decided, and the run goes on without asking the model again', async () => {
    const done: unknown[] = [];
    const first = agentOn([cancelCall], cancelTool(done));
    const { events, answer: waiting, run } = await listen(first.agent.ask(ASK));
    expect(waiting).toMatchObject({
      status: 'failed',
      text: 'This needs the approval of a person before it can go on.',
    });
    expect(run.error?.code).toBe('TOOL_NEEDS_APPROVAL');
    expect(events.find(({ type }) => type === 'approval-request')).toMatchObject({
      approval: { tool: 'cancel_order', input: { order: 'SO-1' }, reason: 'write', state: 'pending' },
    });
    await first.agent.close();

    const second = agentOn([DONE], cancelTool(done)); // another process: the model's first answer is in the journal
    const [approval] = await second.agent.approvals(caller);
    expect(await second.agent.approvals({ ...caller, subject: 'someone else' })).toEqual([]);
    await second.agent.decide(caller, approval?.id ?? '', { decision: 'approve', by: 'Ann' });
    const resumed = await listen(second.agent.resume({ runId: 'run-1', caller }));
    expect(resumed.answer).toMatchObject({ status: 'answered', text: 'Order SO-1 was cancelled [1].' });
    expect(done).toEqual([{ order: 'SO-1' }]);
    expect(resumed.findings).toContain('tool-approved');
    expect(resumed.run.steps.map(({ name }) => name)).toEqual([
      'understand',
      'gather',
      'chat',
      'cancel_order',
      'answer',
      'chat',
    ]);
    expect(await second.agent.unfinished(caller)).toEqual([]);
    await second.agent.close();
  });

  it('uses the input that a person changed', async () => {
    const done: unknown[] = [];
    const { agent } = agentOn([cancelCall, DONE], cancelTool(done));
    await listen(agent.ask(ASK));
    const [approval] = await agent.approvals(caller);
    await agent.decide(caller, approval?.id ?? '', { decision: 'edit', input: { order: 'SO-2' }, by: 'Ann' });
    await listen(agent.resume({ runId: 'run-1', caller }));
    expect(done).toEqual([{ order: 'SO-2' }]);
    await expect(agent.decide(caller, approval?.id ?? '', { decision: 'approve', by: 'Bob' })).rejects.toThrow(
      /there is no approval/,
    );
  });

  it('does nothing when rejected or expired, and tells the model', async () => {
    for (const expired of [false, true]) {
      const done: unknown[] = [];
      const approval = { approval: { expirySeconds: expired ? 0.001 : 60 } };
      const { agent } = agentOn([cancelCall], cancelTool(done), approval);
      const runId = `run-${expired}`;
      await listen(agent.ask({ ...ASK, runId }));
      if (!expired) {
        const [asked] = await agent.approvals(caller);
        await agent.decide(caller, asked?.id ?? '', { decision: 'reject', by: 'Ann' });
      } else await new Promise((resolve) => setTimeout(resolve, 5));
      const { answer: end, run } = await listen(agent.resume({ runId, caller }));
      expect(end.status).toBe('insufficient');
      expect(run.steps.find(({ name }) => name === 'cancel_order')?.error?.code).toBe('TOOL_FORBIDDEN');
      expect(done).toEqual([]);
      await agent.close();
    }
  });

  it('is asked for even when granted, once text from outside was read', async () => {
    const done: unknown[] = [];
    const granted = { granted: ['cancel_order'], nodes: [understand(), gather({ rounds: 2 }), answer()] };
    const { agent } = agentOn([{ toolCalls: [callSearch('zzz')] }, cancelCall, DONE], cancelTool(done), granted);
    const { events } = await listen(agent.ask(ASK));
    expect(events.find(({ type }) => type === 'approval-request')).toMatchObject({
      approval: { reason: 'untrusted-context' },
    });
    expect(done).toEqual([]);
  });
});

describe('a run that was interrupted', () => {
  it('asks about a write whose outcome is unknown, and does not repeat it', async () => {
    const done: unknown[] = [];
    const hanging = cancelTool(done, {
      run(input) {
        done.push(input);
        return new Promise(() => undefined); // took effect; the answer never came
      },
    });
    const granted = { granted: ['cancel_order'] };
    const first = agentOn([cancelCall], hanging, granted);
    const stop = new AbortController();
    for await (const event of first.agent.ask({ ...ASK, signal: stop.signal })) {
      if (event.type === 'tool-start') setImmediate(() => stop.abort());
    }
    expect(done).toHaveLength(1);
    const second = agentOn([], cancelTool(done), granted);
    expect(await second.agent.unfinished(caller)).toMatchObject([{ runId: 'run-1' }]);
    const { run, events } = await listen(second.agent.resume({ runId: 'run-1', caller }));
    expect(run.error?.code).toBe('TOOL_OUTCOME_UNKNOWN');
    expect(events.find(({ type }) => type === 'approval-request')).toMatchObject({
      approval: { reason: 'outcome-unknown' },
    });
    expect(done).toHaveLength(1);
  });

  it('repeats a write that honours its idempotency key, with the same key', async () => {
    const keys: string[] = [];
    const tool = (hang: boolean) =>
      cancelTool([], {
        idempotent: true,
        run(_, { callId }) {
          keys.push(callId);
          const result = { data: { cancelled: 'SO-1' }, text: '', isError: false };
          return hang ? new Promise(() => undefined) : Promise.resolve(result);
        },
      });
    const granted = { granted: ['cancel_order'] };
    const first = agentOn([cancelCall], tool(true), granted);
    const stop = new AbortController();
    for await (const event of first.agent.ask({ ...ASK, signal: stop.signal })) {
      if (event.type === 'tool-start') setImmediate(() => stop.abort());
    }
    const second = agentOn([DONE], tool(false), granted);
    const { answer: end } = await listen(second.agent.resume({ runId: 'run-1', caller }));
    expect(end.status).toBe('answered');
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  it('keeps to its budget across the interruption', async () => {
    const first = agentOn([{ toolCalls: [callSearch('order')] }, new Error('broken')], cancelTool([]), {
      budget: { steps: 4 },
    });
    const { run: broken } = await listen(first.agent.ask(ASK));
    expect(broken.error).toBeDefined();
    const second = agentOn(['SO-1 may be cancelled until Friday [1: "until Friday"].'], cancelTool([]), {
      budget: { steps: 4 },
    });
    const { run, answer: end } = await listen(second.agent.resume({ runId: 'run-1', caller }));
    expect(end.status).toBe('answered');
    expect(run.steps.map(({ kind }) => kind)).toEqual(['node', 'node', 'model', 'tool', 'node', 'model']);
    expect(run.usage.calls).toBe(2);
    expect(runSchema.safeParse(JSON.parse(JSON.stringify(run))).success).toBe(true);
  });

  it('goes on from the journal when its checkpoint is of a release whose graph had other channels', async () => {
    const first = agentOn([{ toolCalls: [callSearch('order')] }, new Error('broken')], cancelTool([]));
    await listen(first.agent.ask(ASK));
    await first.agent.close();
    const database = new DatabaseSync(join(folder, 's.db'));
    const changed = database.prepare("UPDATE checkpoint_values SET channel = 'evidence' WHERE channel = 'state'").run();
    expect(changed.changes).toBeGreaterThan(0);
    database.close();
    const second = agentOn(['SO-1 may be cancelled until Friday [1: "until Friday"].'], cancelTool([]));
    const { answer: end, run } = await listen(second.agent.resume({ runId: 'run-1', caller }));
    expect(end.status).toBe('answered');
    expect(run.steps.map(({ kind }) => kind)).toEqual(['node', 'node', 'model', 'tool', 'node', 'model']);
    await second.agent.close();
  });

  it('keeps its record in the archive alone, and gives it again from there', async () => {
    const kept = new Map<string, Run>();
    const archive = { put: async (run: Run) => void kept.set(run.id, run), get: (id: string) => kept.get(id) };
    const replies = [{ toolCalls: [callSearch('order')] }, 'Until Friday [1: "until Friday"].'];
    const { agent } = agentOn(replies, cancelTool([]), {}, { archive });
    const { run, answer: said } = await listen(agent.ask(ASK));
    expect(kept.get('run-1')).toBe(run);
    const again = await listen(agent.resume({ runId: 'run-1', caller }));
    expect([again.answer, again.run]).toEqual([said, run]);
    kept.clear();
    await expect(listen(agent.resume({ runId: 'run-1', caller }))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await agent.close();
    const database = new DatabaseSync(join(folder, 's.db'));
    const rows = database.prepare('SELECT result FROM runs').all();
    expect(JSON.stringify(rows)).not.toContain('steps');
    database.close();
  });

  it('stays open, and tells, when its record cannot be kept', async () => {
    const full = new Error('the disk is full');
    const archive = { put: () => Promise.reject(full), get: () => undefined };
    const { agent } = agentOn(
      [{ toolCalls: [callSearch('order')] }, 'Until Friday [1: "until Friday"].'],
      cancelTool([]),
      {},
      { archive },
    );
    await expect(listen(agent.ask(ASK))).rejects.toBe(full);
    expect(await agent.unfinished(caller)).toMatchObject([{ runId: 'run-1' }]);
    await agent.close();
  });

  it('gives its result again when it has ended, to its caller only', async () => {
    const { agent } = agentOn(
      [{ toolCalls: [callSearch('order')] }, 'Until Friday [1: "until Friday"].'],
      cancelTool([]),
    );
    const once = await listen(agent.ask(ASK));
    const again = await listen(agent.resume({ runId: 'run-1', caller }));
    expect(again.answer).toEqual(once.answer);
    expect(again.text).toBe(once.text);
    await expect(
      listen(agent.resume({ runId: 'run-1', caller: { ...caller, tenant: 'other' } })),
    ).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
    });
  });
});

describe('replay', () => {
  it('writes nothing that was granted without a person, also when it is resumed', async () => {
    const done: unknown[] = [];
    const model = createScriptedModel([cancelCall, 'Cancelled [1: "cancelled SO-1"].', cancelCall, 'Never said.']);
    const agent = testAgent({ model, tools: [cancelTool(done)], plan: { ...plan, granted: ['cancel_order'] } });
    const first = await listen(agent.ask(ASK));
    expect(done).toHaveLength(1);
    const again = await listen(agent.replay(first.run));
    expect(again.run.error?.code).toBe('TOOL_NEEDS_APPROVAL');
    const resumed = await listen(agent.resume({ runId: again.run.id, caller }));
    expect(resumed.run.error?.code).toBe('TOOL_NEEDS_APPROVAL');
    expect(done).toHaveLength(1);
    await agent.close();
  });

  it('begins at a node with what came before, on another model', async () => {
    const { agent, model } = agentOn(
      [{ toolCalls: [callSearch('order')] }, 'Until Friday [1: "until Friday"].', 'Only until Friday [1: "Friday"].'],
      cancelTool([]),
    );
    const { run } = await listen(agent.ask(ASK));
    const saved = runSchema.parse(JSON.parse(JSON.stringify(run)));
    const replayed = await listen(agent.replay(saved, { from: 'answer', model: 'other' }));
    expect(replayed.answer.text).toBe('Only until Friday [1].');
    expect(replayed.run.steps.map(({ name }) => name)).toEqual(['answer', 'other']);
    expect(model.requests).toHaveLength(3);
    await expect(listen(agent.replay(saved, { from: 'gathr' }))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('the store', () => {
  it('says what to do with a file that is no store', () => {
    const path = join(folder, 's.db');
    writeFileSync(path, 'this is not a database, this is not a database');
    expect(() => agentOn([], cancelTool([]))).toThrow(/move it away/);
  });
});

describe('what was approved', () => {
  const request = {
    id: 'r/n1.t1:write',
    runId: 'r',
    tool: 'cancel_order',
    input: { order: 'SO-1' },
    reason: 'write' as const,
  };
  const opened = () => createApprovals(openStore(':memory:'), createFakeClock(), 60);

  it('holds for that call of that tool only', async () => {
    const approvals = opened();
    await approvals.request(caller, request);
    await approvals.decide(caller, request.id, { decision: 'approve', by: 'Ann' });
    expect((await approvals.request(caller, request)).state).toBe('approved');
    expect((await approvals.request(caller, { ...request, tool: 'send_mail' })).state).toBe('pending');
    await approvals.decide(caller, request.id, { decision: 'approve', by: 'Ann' });
    expect((await approvals.request(caller, { ...request, input: { order: 'SO-2' } })).state).toBe('pending');
  });

  it('is what was edited, also when the call comes again, and says what was asked for', async () => {
    const approvals = opened();
    await approvals.request(caller, request);
    await approvals.decide(caller, request.id, { decision: 'edit', input: { order: 'SO-3' }, by: 'Ann' });
    expect(await approvals.request(caller, request)).toMatchObject({
      state: 'edited',
      input: { order: 'SO-3' },
      proposed: { order: 'SO-1' },
    });
  });

  it('is decided once, also by two people at the same moment', async () => {
    const approvals = opened();
    await approvals.request(caller, request);
    const decided = await Promise.allSettled([
      approvals.decide(caller, request.id, { decision: 'approve', by: 'Ann' }),
      approvals.decide(caller, request.id, { decision: 'reject', by: 'Bob' }),
    ]);
    expect(decided.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [lost] = decided.filter((one) => one.status === 'rejected');
    expect(String(lost?.reason)).toMatch(/was (?:approved|rejected) by (?:Ann|Bob) in the meantime/);
  });
});
