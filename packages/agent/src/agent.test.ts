import { FieldkitError, type Tool } from '@fieldkit/core';
import { createScriptedModel, type ScriptedReply } from '@fieldkit/core/testing';
import { describe, expect, it } from 'vitest';
import { answer, gather, understand } from './plan.ts';
import { caller, callSearch, listen, orderTool, passageOf, searchTool, testAgent } from './testing/fixtures.ts';

const TORQUE = 'Tighten the seal bolts to 20 Nm in a crosswise pattern. Check again after one hour.';
const ASK = { question: 'What torque do the seal bolts need?', caller };
const search = { toolCalls: [callSearch('seal bolts torque')] };

function agentWith(replies: readonly ScriptedReply[], more: Partial<Parameters<typeof testAgent>[0]> = {}) {
  const model = createScriptedModel(replies);
  const agent = testAgent({ model, tools: [searchTool([passageOf('a', TORQUE)]), orderTool()], ...more });
  return { model, agent };
}

describe('a plain question', () => {
  it('is answered with a checked citation after two model calls', async () => {
    const { model, agent } = agentWith([search, 'The seal bolts need 20 Nm [1: "Tighten the seal bolts to 20 Nm"].']);
    const { answer, text, run } = await listen(agent.ask(ASK));
    expect(text).toBe('The seal bolts need 20 Nm [1].');
    expect(answer).toMatchObject({ text, status: 'answered', language: 'en' });
    expect(answer.citations[0]).toMatchObject({
      marker: 1,
      quote: 'Tighten the seal bolts to 20 Nm',
      source: { kind: 'passage', chunkId: 'a', documentId: 'doc-a', start: 100, end: 131, places: [{ page: 3 }] },
    });
    expect(model.requests).toHaveLength(2);
    expect(run.steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'node understand',
      'node gather',
      'model chat',
      'tool search_knowledge',
      'node answer',
      'model chat',
    ]);
    expect(run.usage.calls).toBe(2);
    expect(run.counts).toMatchObject({ quotesFromModel: 1, sentencesReleased: 1 });
  });

  it('keeps what a tool did on the way under its step, and nothing that comes after the end', async () => {
    const tool = searchTool([passageOf('a', TORQUE)]);
    let late = () => {};
    const telling: Tool = {
      ...tool,
      run(input, context) {
        const step = { kind: 'retrieval', input: { before: 0 }, output: { after: 1 }, durationMs: 1 } as const;
        context.onStep?.({ ...step, name: 'lexical' });
        context.onStep?.({ ...step, name: 'limit' });
        late = () => context.onStep?.({ ...step, name: 'late' });
        return tool.run(input, context);
      },
    };
    const { agent } = agentWith([search, 'The seal bolts need 20 Nm [1: "20 Nm"].'], { tools: [telling] });
    const { run } = await listen(agent.ask(ASK));
    late();
    const call = run.steps.find(({ kind }) => kind === 'tool');
    const parts = run.steps.filter(({ parentId }) => parentId === call?.id);
    expect(parts.map(({ id, kind, name }) => `${id} ${kind} ${name}`)).toEqual([
      `${call?.id}.1 retrieval lexical`,
      `${call?.id}.2 retrieval limit`,
    ]);
  });

  it('has an end for every start, and run-end last', async () => {
    const { agent } = agentWith([search, 'The bolts need 20 Nm [1: "20 Nm"].']);
    const { events } = await listen(agent.ask(ASK));
    const types = events.map(({ type }) => type);
    for (const kind of ['node', 'tool']) {
      expect(types.filter((type) => type === `${kind}-start`)).toHaveLength(
        types.filter((type) => type === `${kind}-end`).length,
      );
    }
    expect(types[0]).toBe('run-start');
    expect(types.filter((type) => type === 'run-end')).toHaveLength(1);
    expect(types.indexOf('citation')).toBeLessThan(types.indexOf('text-delta'));
  });

  it('costs no model call when nothing is found by fixed retrieval', async () => {
    const { model, agent } = agentWith([], {
      plan: { nodes: [understand(), gather({ mode: 'retrieve' }), answer()] },
      tools: [searchTool([])],
    });
    const { answer: end } = await listen(agent.ask(ASK));
    expect(model.requests).toHaveLength(0);
    expect(end).toMatchObject({ status: 'insufficient', citations: [] });
    expect(end.text).toBe('The available documents and records do not answer this question.');
  });

  it('costs one model call with fixed retrieval', async () => {
    const { model, agent } = agentWith(['It is 20 Nm [1: "20 Nm"].'], {
      plan: { nodes: [understand(), gather({ mode: 'retrieve' }), answer()] },
    });
    const { answer: end } = await listen(agent.ask(ASK));
    expect(end.status).toBe('answered');
    expect(model.requests).toHaveLength(1);
  });

  it('says in the language of the question that the evidence is not enough', async () => {
    const { agent } = agentWith(
      [
        { toolCalls: [callSearch('seal')] },
        'INSUFFICIENT_EVIDENCE\nThe manual only gives the torque of 20 Nm [1: "20 Nm"].',
      ],
      { plan: { nodes: [understand(), gather({ rounds: 1 }), answer()] } },
    );
    const { answer: end } = await listen(agent.ask({ question: '螺栓的重量是多少？', caller }));
    expect(end).toMatchObject({ status: 'insufficient', language: 'zh' });
    expect(end.text).toBe('现有文档和记录没有回答这个问题。\nThe manual only gives the torque of 20 Nm [1].');
    expect(end.citations).toHaveLength(1);
  });
});

describe('a conversation', () => {
  it('makes a follow-up standalone with the turns before', async () => {
    const { model, agent } = agentWith([
      search,
      'The seal bolts need 20 Nm [1: "20 Nm"].',
      JSON.stringify({
        question: 'When to check the seal bolts again?',
        language: 'en',
        inScope: true,
        subQuestions: [],
      }),
      { toolCalls: [callSearch('check seal bolts again')] },
      'Check them again after one hour [1: "Check again after one hour"].',
    ]);
    await listen(agent.ask({ ...ASK, sessionId: 's' }));
    const { answer: end } = await listen(agent.ask({ question: 'And when again?', caller, sessionId: 's' }));
    expect(end.status).toBe('answered');
    expect(model.requests[2]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(model.requests[3]?.messages.at(-1)?.content).toBe('When to check the seal bolts again?');
  });

  it('belongs to its caller', async () => {
    const { model, agent } = agentWith([search, 'It is 20 Nm [1: "20 Nm"].', search, 'It is 20 Nm [1: "20 Nm"].']);
    await listen(agent.ask({ ...ASK, sessionId: 's' }));
    await listen(agent.ask({ ...ASK, sessionId: 's', caller: { ...caller, subject: 'someone else' } }));
    expect(model.requests).toHaveLength(4); // no understanding call: the other caller has no history
  });

  it('goes on with the question as asked when the understanding is no JSON', async () => {
    const { agent } = agentWith([search, 'It is 20 Nm [1: "20 Nm"].', 'sorry?', search, 'It is 20 Nm [1: "20 Nm"].']);
    await listen(agent.ask({ ...ASK, sessionId: 's' }));
    const { answer: end, findings } = await listen(agent.ask({ ...ASK, sessionId: 's' }));
    expect(end.status).toBe('answered');
    expect(findings).toEqual(['understanding-invalid']);
  });

  it('refuses what is out of scope', async () => {
    const { model, agent } = agentWith(
      [JSON.stringify({ question: 'Who won?', language: 'en', inScope: false, subQuestions: [] })],
      { plan: { nodes: [understand({ scope: 'pumps and their service' }), gather(), answer()] } },
    );
    const { answer: end } = await listen(agent.ask({ question: 'Who won?', caller }));
    expect(end.status).toBe('refused');
    expect(model.requests).toHaveLength(1);
  });
});

describe('gathering', () => {
  it('asks again when the first round found too little, and stops on a repeated call', async () => {
    const calls: unknown[] = [];
    const { agent } = agentWith(
      [{ toolCalls: [callSearch('zzz')] }, { toolCalls: [{ ...callSearch('x'), arguments: '{ "query": "zzz" }' }] }],
      { tools: [searchTool([], calls)] },
    );
    const { findings, run } = await listen(agent.ask(ASK));
    expect(calls).toEqual([{ query: 'zzz' }]);
    expect(findings).toEqual(['repeated-call']);
    expect(run.counts).toMatchObject({ repeatedCalls: 1 });
  });

  it('quotes a value of a record with its path', async () => {
    const { agent } = agentWith(
      [
        { toolCalls: [{ id: 'c', name: 'get_order', arguments: '{"order":"SO-1"}' }] },
        'Order SO-1 left on 2026-03-04 [1: "2026-03-04"].',
      ],
      { plan: { nodes: [understand(), gather({ rounds: 1 }), answer()] } },
    );
    const { answer: end } = await listen(agent.ask({ question: 'When was order SO-1 shipped?', caller }));
    expect(end.citations[0]?.source).toMatchObject({ kind: 'record', tool: 'get_order', path: 'shippedOn' });
  });

  it('tells the model about a failed call and goes on', async () => {
    const { model, agent } = agentWith([
      {
        toolCalls: [
          { id: 'c', name: 'get_ordr', arguments: '{}' },
          { id: 'd', name: 'get_order', arguments: '{bad' },
        ],
      },
      search,
      'It is 20 Nm [1: "20 Nm"].',
    ]);
    const { answer: end, run } = await listen(agent.ask(ASK));
    expect(end.status).toBe('answered');
    expect(run.steps.flatMap(({ error }) => error?.code ?? [])).toEqual(['TOOL_NOT_FOUND', 'TOOL_INVALID_INPUT']);
    expect(model.requests[1]?.messages[3]?.content).toContain('did you mean "get_order"?');
  });

  it('refuses a write tool that was not granted', async () => {
    let ran = 0;
    const write: Tool = orderTool({
      name: 'cancel_order',
      effects: 'write',
      run: async () => {
        ran += 1;
        return { data: { ok: true }, text: 'ok', isError: false };
      },
    });
    const script = [{ toolCalls: [{ id: 'c', name: 'cancel_order', arguments: '{"order":"SO-1"}' }] }];
    const { agent } = agentWith(script, {
      tools: [write],
      plan: { nodes: [gather({ rounds: 1 }), answer()], approval: { mode: 'refuse' } },
    });
    const { run } = await listen(agent.ask(ASK));
    expect(ran).toBe(0);
    expect(run.steps.flatMap(({ error }) => error?.code ?? [])).toEqual(['TOOL_NEEDS_APPROVAL']);
    const granted = agentWith(script, {
      tools: [write],
      plan: { nodes: [gather({ rounds: 1 })], granted: ['cancel_order'] },
    });
    await listen(granted.agent.ask(ASK));
    expect(ran).toBe(1);
  });
});

describe('bounds and failures', () => {
  it('leaves the last step to the answer', async () => {
    const { agent } = agentWith(
      [{ toolCalls: [callSearch('seal bolts'), callSearch('bolts torque', 'c2')] }, 'It is 20 Nm [1: "20 Nm"].'],
      { plan: { budget: { steps: 3 } } },
    );
    const { answer: end, run, findings } = await listen(agent.ask(ASK));
    expect(end.status).toBe('answered');
    expect(run.steps.map(({ kind }) => kind).filter((kind) => kind !== 'node')).toEqual(['model', 'tool', 'model']);
    expect(findings).toEqual(['calls-cut']);
  });

  it('quotes the evidence when the bound of tokens is reached before the answer', async () => {
    const { agent } = agentWith([search], { plan: { budget: { tokens: 50 } } });
    const { answer: end, run, findings } = await listen(agent.ask(ASK));
    expect(end.status).toBe('failed');
    expect(end.text).toContain('Tighten the seal bolts to 20 Nm in a crosswise pattern. [1]');
    expect(end.text).toContain('The limit set for one answer was reached');
    expect(end.citations).toHaveLength(1);
    expect(run.error?.code).toBe('BUDGET_EXCEEDED');
    expect(findings).toContain('budget-reached');
  });

  it('does not make a call that would exceed the bound of money, and answers from what was found', async () => {
    const scripted = createScriptedModel([search]);
    const model = {
      ...scripted,
      expectedCost: () => ({ microUnits: scripted.requests.length === 0 ? 900 : 1100, currency: 'CNY' }),
    };
    const { agent } = agentWith([], { model, plan: { budget: { cost: { microUnits: 1000, currency: 'CNY' } } } });
    const { answer: end, run, findings } = await listen(agent.ask(ASK));
    expect(scripted.requests).toHaveLength(1);
    expect(end.text).toContain('20 Nm');
    expect(run.error).toMatchObject({ code: 'BUDGET_EXCEEDED', message: expect.stringContaining('budget.cost') });
    expect(findings).toContain('budget-reached');
  });

  it('ends with the error in the run when the model fails', async () => {
    const { agent } = agentWith([new FieldkitError('MODEL_UNAUTHORIZED', 'wrong key')]);
    const { answer: end, run } = await listen(agent.ask(ASK));
    expect(end.status).toBe('failed');
    expect(run.error).toMatchObject({ code: 'MODEL_UNAUTHORIZED' });
  });

  it('asks the fallback when the first model is overloaded', async () => {
    const chat = createScriptedModel([
      new FieldkitError('MODEL_OVERLOADED', 'busy'),
      search,
      'It is 20 Nm [1: "20 Nm"].',
    ]);
    const spare = createScriptedModel([search], 'spare');
    const { agent } = agentWith([], {
      model: { chat, spare },
      plan: { nodes: [understand(), gather({ fallbacks: ['spare'] }), answer({ name: 'answer' })] },
    });
    const { findings, run } = await listen(agent.ask(ASK));
    expect(findings).toContain('model-fallback');
    expect(run.steps.filter(({ kind }) => kind === 'model').map(({ name, attempt }) => [name, attempt])).toEqual([
      ['chat', 1],
      ['spare', 2],
      ['chat', 1],
    ]);
  });

  it('ends promptly when cancelled, and the session stays usable', async () => {
    const hanging: Tool = orderTool({
      name: 'search_knowledge',
      yields: 'passages',
      run: () => new Promise(() => undefined),
    });
    const tools = [hanging, orderTool()];
    const { agent } = agentWith([search, { toolCalls: [] }], { tools });
    const cancel = new AbortController();
    const events = agent.ask({ ...ASK, sessionId: 's', signal: cancel.signal });
    const seen: string[] = [];
    for await (const event of events) {
      seen.push(event.type);
      if (event.type === 'tool-start') cancel.abort();
      if (event.type === 'run-end') {
        expect(event.answer.status).toBe('failed');
        expect(event.run.error?.code).toBe('CANCELLED');
      }
    }
    expect(seen.slice(-4)).toEqual(['tool-end', 'node-end', 'text-delta', 'run-end']);
    const { answer: next } = await listen(agent.ask({ ...ASK, sessionId: 's' }));
    expect(next.status).toBe('insufficient');
  });

  it('cancels the run when the listener leaves', async () => {
    const hanging: Tool = orderTool({ name: 'search_knowledge', run: () => new Promise(() => undefined) });
    const { agent } = agentWith([search], { tools: [hanging] });
    for await (const event of agent.ask(ASK)) if (event.type === 'tool-start') break;
    await agent.close();
    await agent.close();
    await expect(listen(agent.ask(ASK))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('rejects an empty question before the run', async () => {
    const { agent } = agentWith([]);
    await expect(listen(agent.ask({ question: ' ', caller }))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
