import { mkdtempSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentEvent, answer, createAgent, type PipelinePlanInput, react } from '@fieldkit/agent';
import type { Tool } from '@fieldkit/core';
import { createScriptedModel, type ScriptedReply } from '@fieldkit/core/testing';
import { FieldkitChatModel } from '@fieldkit/models/langchain';
import { afterEach, describe, expect, it, vi } from 'vitest';

const caller = { tenant: 'default', subject: 'tester', groups: [] };
const call = (name: string, input: unknown) => ({ id: 'c', name, arguments: JSON.stringify(input) });
const find = (query: string) => call('find', { query });

const done: unknown[] = [];
const tools: Tool[] = ['find', 'get_order', 'cancel_order'].map((name) => ({
  name,
  description: name,
  inputSchema: { type: 'object', properties: { query: { type: 'string' }, order: { type: 'string' } } },
  effects: name === 'cancel_order' ? 'write' : 'read',
  yields: 'record',
  timeoutMs: 1000,
  async run(input) {
    const { query = '' } = input as { query?: string }; // the scripts call it so
    if (name === 'cancel_order') done.push(input);
    const data =
      name === 'get_order'
        ? { seal: 'SEAL-204' }
        : name === 'find'
          ? { note: `${query} needs 20 Nm` }
          : { cancelled: 'SO-1' };
    return { data, text: '', isError: false };
  },
}));

function agentOn(replies: readonly ScriptedReply[], plan: Partial<PipelinePlanInput> = {}, checkpoints = ':memory:') {
  const model = createScriptedModel(replies);
  const agent = createAgent({
    plan: { nodes: [react(), answer()], ...plan },
    models: () => model,
    tools,
    locate: () => undefined,
    langchain: (bounded) => new FieldkitChatModel(bounded),
    checkpoints,
  });
  return { model, agent };
}

async function listen(events: AsyncIterable<AgentEvent>) {
  const all: AgentEvent[] = [];
  for await (const event of events) all.push(event);
  const end = all.at(-1);
  if (end?.type !== 'run-end') throw new Error('a run ends with run-end');
  return { ...end, findings: all.flatMap((event) => (event.type === 'finding' ? [event.finding.code] : [])), all };
}
const ask = async (replies: readonly ScriptedReply[], plan: Partial<PipelinePlanInput> = {}) => {
  const { model, agent } = agentOn(replies, plan);
  const heard = await listen(agent.ask({ question: 'What torque does the seal of order SO-1 need?', caller }));
  await agent.close();
  return { ...heard, model };
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("react, on LangChain's createAgent", () => {
  it('uses what one call found in the next, until the model is done', async () => {
    const {
      answer: end,
      model,
      run,
      all,
    } = await ask([
      { toolCalls: [call('get_order', { order: 'SO-1' })] },
      { toolCalls: [find('SEAL-204'), find('SEAL-205')] },
      'DONE',
      'The seal needs 20 Nm [2: "SEAL-204 needs 20 Nm"].',
    ]);
    expect(end).toMatchObject({ status: 'answered', text: 'The seal needs 20 Nm [1].' });
    expect(model.requests[1]?.messages.at(-1)?.content).toContain('SEAL-204');
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
    expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(['find', 'get_order', 'cancel_order']);
    expect(run.steps.filter(({ kind }) => kind !== 'node').map(({ name }) => name)).toEqual([
      'chat',
      'get_order',
      'chat',
      'find',
      'find',
      'chat',
      'chat',
    ]);
    expect(all.filter(({ type }) => type === 'tool-start')).toHaveLength(3);
    expect(all.filter(({ type }) => type === 'tool-end')).toHaveLength(3);
  });

  it('stops at its rounds, at its calls, and at the steps of the run', async () => {
    const more = (n: number) => ({ toolCalls: [find(`seal ${n}`)] });
    const SAID = 'It needs 20 Nm [1: "20 Nm"].';
    const rounds = await ask([more(1), more(2), more(3), SAID], { nodes: [react({ rounds: 3 }), answer()] });
    expect(rounds.run.counts?.toolCalls).toBe(3);
    const calls = await ask([{ toolCalls: [find('a'), find('b'), find('c')] }, SAID], {
      nodes: [react({ maxCalls: 2 }), answer()],
    });
    expect(calls.run.counts?.toolCalls).toBe(2);
    expect(calls.findings).toContain('calls-cut');
    const steps = await ask([more(1), more(2), SAID], { budget: { steps: 5 } });
    expect(steps.run.counts?.toolCalls).toBe(2);
    expect(steps.answer.status).toBe('answered');
  });

  it('ends when a call is repeated, tells the model of wrong calls, and names no tool it has not', async () => {
    const again = await ask([{ toolCalls: [find('a')] }, { toolCalls: [find('a')] }, 'It needs 20 Nm [1: "20 Nm"].']);
    expect(again.findings).toContain('repeated-call');
    const wrong = await ask([
      { toolCalls: [call('no_such_tool', {}), { id: 'x', name: 'find', arguments: '{broken' }] },
      { toolCalls: [find('a')] },
      'DONE',
      'It needs 20 Nm [1: "20 Nm"].',
    ]);
    const told = wrong.model.requests[1]?.messages.map(({ content }) => content).join('\n');
    expect(told).toMatch(/TOOL_NOT_FOUND[\s\S]*TOOL_INVALID_INPUT/);
    expect(wrong.answer.status).toBe('answered');
  });

  it('asks a person before a write, and goes on in another process without asking the model again', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'react-')), 's.db');
    const first = agentOn([{ toolCalls: [find('a'), call('cancel_order', { order: 'SO-1' })] }], {}, file);
    const waiting = await listen(first.agent.ask({ question: 'Cancel order SO-1', caller, runId: 'run-1' }));
    expect(waiting.run.error?.code).toBe('TOOL_NEEDS_APPROVAL');
    await first.agent.close();
    const second = agentOn(['DONE', 'Order SO-1 was cancelled [2: "cancelled: SO-1"].'], {}, file);
    const [approval] = await second.agent.approvals(caller);
    await second.agent.decide(caller, approval?.id ?? '', { decision: 'approve', by: 'Ann' });
    const { answer: end } = await listen(second.agent.resume({ runId: 'run-1', caller }));
    expect(end.status).toBe('answered');
    expect(done).toEqual([{ order: 'SO-1' }]);
    await second.agent.close();
  });

  it('opens no connection, even when the environment asks for LangSmith tracing', async () => {
    for (const name of ['LANGSMITH_TRACING', 'LANGCHAIN_TRACING_V2']) vi.stubEnv(name, 'true');
    vi.stubEnv('LANGSMITH_API_KEY', 'a-key');
    const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function refuse(this: Socket) {
      return this;
    });
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
    await ask([{ toolCalls: [find('a')] }, 'DONE', 'It needs 20 Nm [1: "20 Nm"].']);
    await new Promise((resolve) => setTimeout(resolve, 300)); // a tracer would send in batches
    expect(connect).not.toHaveBeenCalled();
    expect(fetched).not.toHaveBeenCalled();
  });
});
