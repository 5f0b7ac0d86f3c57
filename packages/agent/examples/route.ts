import assert from 'node:assert/strict';
import { answer, createAgent, gather, patternsUsed, pipelinePlan, route, understand } from '@fieldkit/agent';
import { createScriptedModel } from '@fieldkit/core/testing';
import { lookUp } from './support/look-up.ts';

// Function routing: a model chooses which node handles a question. Entitlement used: "tool calling and function routing".

const plan = pipelinePlan({
  nodes: [
    understand(),
    route({ to: { orders: 'questions about one order', manuals: 'everything else' } }),
    gather({ name: 'orders', tools: ['get_order'], rounds: 1 }),
    answer({ name: 'say-order', repairs: 0 }),
    gather({ name: 'manuals', tools: ['search_manuals'], rounds: 1 }),
    answer({ repairs: 0 }),
  ],
  edges: [
    { from: 'orders', to: 'say-order' },
    { from: 'say-order', to: 'end' },
  ],
  budget: { steps: 8, seconds: 30 },
});
assert.deepEqual(patternsUsed(plan), [
  { node: 'route', pattern: 'function routing', entitlement: 'tool calling and function routing' },
]);

// A real project takes a model of its endpoint; this one says what it is told.
const model = createScriptedModel([
  '{"next":"orders"}',
  { toolCalls: [{ id: 'c1', name: 'get_order', arguments: '{"about":"SO-1"}' }] },
  'Order SO-1 left on Friday [1: "left on Friday"].',
]);
const agent = createAgent({
  plan,
  models: () => model,
  tools: [lookUp('get_order', { 'SO-1': 'left on Friday' }), lookUp('search_manuals', { torque: '20 Nm' })],
  locate: () => undefined,
});
const caller = { tenant: 'default', subject: 'reader', groups: [] };
for await (const event of agent.ask({ question: 'Where is order SO-1?', caller })) {
  if (event.type === 'node-start') console.log(event.node);
  if (event.type !== 'run-end') continue;
  console.log(event.answer.text);
  assert.equal(event.answer.text, 'Order SO-1 left on Friday [1].');
  assert.ok(!event.run.steps.some(({ name }) => name === 'manuals'));
}
await agent.close();
