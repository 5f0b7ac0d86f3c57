import { createScriptedModel, type ScriptedReply } from '@fieldkit/core/testing';
import { describe, expect, it } from 'vitest';
import { patternsUsed } from './check-pipeline.ts';
import { inOrder } from './nodes/plan.ts';
import { answer, delegate, gather, type NodeSpec, pipelinePlan, plan, react, reflect, route } from './plan.ts';
import { caller, callSearch, listen, orderTool, passageOf, searchTool, testAgent } from './testing/fixtures.ts';

const tools = [
  searchTool([passageOf('a', 'The seal SEAL-204 needs 20 Nm.'), passageOf('b', 'The warranty lasts 24 months.')]),
  orderTool(),
];
const callOrder = { toolCalls: [{ id: 'o', name: 'get_order', arguments: '{"order":"SO-1"}' }] };
const json = (value: unknown) => JSON.stringify(value);

async function ask(
  nodes: NodeSpec[],
  replies: ScriptedReply[],
  question = 'What torque does the seal of order SO-1 need?',
) {
  const model = createScriptedModel(replies);
  const heard = await listen(testAgent({ model, tools, plan: { nodes } }).ask({ question, caller }));
  expect(model.requests).toHaveLength(replies.length);
  return { ...heard, model, names: heard.run.steps.map(({ name }) => name) };
}

const SAID = 'It needs 20 Nm [1: "20 Nm"].';

describe('route', () => {
  const nodes = [
    route({ to: { short: 'facts from documents', long: 'several steps' } }),
    gather({ name: 'short', rounds: 1 }),
    answer({ name: 'say' }),
    gather({ name: 'long', rounds: 1 }),
    answer(),
  ];
  it('goes to the node that the model names', async () => {
    const { names } = await ask(nodes, [json({ next: 'long' }), { toolCalls: [callSearch('seal')] }, SAID]);
    expect(names).toContain('long');
    expect(names).not.toContain('short');
  });
  it('goes to the first when the model names none', async () => {
    const { names, findings } = await ask([...nodes.slice(0, 3)].with(0, route({ to: { short: 'a', say: 'b' } })), [
      json({ next: 'nowhere' }),
      { toolCalls: [callSearch('seal')] },
      SAID,
    ]);
    expect(names).toContain('short');
    expect(findings).toEqual(['route-fallback']);
  });
  it('costs no call for one choice', async () => {
    await ask(
      [route({ to: { gather: 'always' } }), gather({ rounds: 1 }), answer()],
      [{ toolCalls: [callSearch('seal')] }, SAID],
    );
  });
  it('must lead to nodes that exist', () => {
    expect(() => pipelinePlan({ nodes: [route({ to: { gathr: 'x' } }), gather(), answer()] })).toThrow(
      /did you mean "gather"/,
    );
  });
});

it("says what react needs: its loop is LangChain's, over a model that is given", async () => {
  const { run } = await ask([react(), answer()], []);
  expect(run.error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('FieldkitChatModel') });
});

describe('reflect', () => {
  const nodes = [gather({ rounds: 1 }), answer(), reflect()];
  const found = { toolCalls: [callSearch('seal')] };
  it('shows an answer only after it was judged good enough', async () => {
    const { events, answer: end } = await ask(nodes, [found, SAID, json({ relevance: 0.9, missing: '' })]);
    expect(end.text).toBe('It needs 20 Nm [1].');
    const types = events.map((event) => (event.type === 'node-start' ? event.node : event.type));
    expect(types.indexOf('text-delta')).toBeGreaterThan(types.indexOf('reflect'));
  });
  it('goes back for what is missing, not more often than allowed', async () => {
    const bad = json({ relevance: 0.1, missing: 'warranty period' });
    const {
      answer: end,
      text,
      run,
      model,
    } = await ask(nodes, [
      found,
      SAID,
      bad,
      { toolCalls: [callSearch('warranty')] },
      'The warranty lasts 24 months [2: "24 months"].',
    ]);
    expect(text).toBe('The warranty lasts 24 months [1].');
    expect(end.citations).toHaveLength(1);
    expect(run.counts?.reflections).toBe(1);
    expect(model.requests[3]?.messages.at(-1)?.content).toContain('warranty period');
  });
});

describe('plan', () => {
  it('works through tasks in order, each with what it needs', async () => {
    const tasks = [
      { id: 'torque', question: 'Torque of the seal?', needs: ['order'] },
      { id: 'order', question: 'What is in order SO-1?', needs: [] },
    ];
    const { answer: end, model } = await ask(
      [plan({ rounds: 1 }), answer()],
      [json({ tasks }), callOrder, { toolCalls: [callSearch('SEAL-204')] }, 'It needs 20 Nm [2: "20 Nm"].'],
    );
    expect(end.status).toBe('answered');
    expect(model.requests[1]?.messages.at(-1)?.content).toBe('What is in order SO-1?');
    expect(model.requests[2]?.messages.at(-1)?.content).toContain('items[0].sku: SEAL-204');
  });
  it('plans anew once when a task found nothing', async () => {
    const { run } = await ask(
      [plan({ rounds: 1 }), answer()],
      [
        json({ tasks: [{ id: 'a', question: 'zzz?', needs: [] }] }),
        { toolCalls: [callSearch('zzz')] },
        json({ tasks: [{ id: 'b', question: 'seal torque?', needs: [] }] }),
        { toolCalls: [callSearch('seal')] },
        SAID,
      ],
    );
    expect(run.counts).toMatchObject({ replans: 1, tasks: 1 });
  });
  it('orders tasks whatever their needs say', () => {
    const task = (id: string, ...needs: string[]) => ({ id, question: id, needs });
    expect(inOrder([task('a', 'b'), task('b', 'a', 'x')]).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(inOrder([task('c', 'b'), task('b', 'a'), task('a')]).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });
});

describe('delegate', () => {
  const specialists = {
    orders: { description: 'orders and deliveries', tools: ['get_order'] },
    manuals: { description: 'technical facts', tools: ['search_knowledge'] },
  };
  it('gives each specialist its own tools only', async () => {
    const assignments = [
      { specialist: 'orders', question: 'What is in SO-1?' },
      { specialist: 'manuals', question: 'Torque of SEAL-204?' },
    ];
    const { answer: end, model } = await ask(
      [delegate({ specialists }), answer()],
      [json({ assignments }), callOrder, { toolCalls: [callSearch('SEAL-204')] }, 'It needs 20 Nm [2: "20 Nm"].'],
    );
    expect(end.status).toBe('answered');
    expect(model.requests[1]?.tools?.map(({ name }) => name)).toEqual(['get_order']);
    expect(model.requests[2]?.tools?.map(({ name }) => name)).toEqual(['search_knowledge']);
  });
});

it('names the entitlement that each pattern uses', () => {
  const nodes = [route({ to: { plan: 'x' } }), plan(), react(), answer(), reflect({ back: 'plan' })];
  expect(patternsUsed(pipelinePlan({ nodes })).map(({ pattern, entitlement }) => `${pattern}: ${entitlement}`)).toEqual(
    [
      'function routing: tool calling and function routing',
      'task planning: task planning',
      'ReAct: ReAct or CoT',
      'reflection: reflection',
    ],
  );
});
