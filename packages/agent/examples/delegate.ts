import assert from 'node:assert/strict';
import { answer, createAgent, delegate, patternsUsed, pipelinePlan, understand } from '@fieldkit/agent';
import { createScriptedModel } from '@fieldkit/core/testing';
import { lookUp } from './support/look-up.ts';

// Multi-agent: a supervisor gives parts of a question to specialists with tools and bounds of their own. Entitlement used: "multi-agent collaboration".

const plan = pipelinePlan({
  nodes: [
    understand(),
    delegate({
      specialists: {
        orders: { description: 'orders and deliveries', tools: ['get_order'], rounds: 1, maxCalls: 2 },
        service: { description: 'manuals and torques', tools: ['search_manuals'], rounds: 1, maxCalls: 2 },
      },
    }),
    answer({ repairs: 0 }),
  ],
  budget: { steps: 14, seconds: 30 },
});
assert.deepEqual(patternsUsed(plan), [
  { node: 'delegate', pattern: 'multi-agent', entitlement: 'multi-agent collaboration' },
]);

const call = (name: string, about: string) => ({
  toolCalls: [{ id: 'c', name, arguments: JSON.stringify({ about }) }],
});
const model = createScriptedModel([
  '{"assignments":[{"specialist":"orders","question":"Where is SO-1?"},{"specialist":"service","question":"Which torque?"}]}',
  call('get_order', 'SO-1'),
  call('search_manuals', 'torque'),
  'Order SO-1 left on Friday [1: "left on Friday"]. Its bolts need 20 Nm [2: "20 Nm"].',
]);
const agent = createAgent({
  plan,
  models: () => model,
  tools: [lookUp('get_order', { 'SO-1': 'left on Friday' }), lookUp('search_manuals', { torque: '20 Nm' })],
  locate: () => undefined,
});
const caller = { tenant: 'default', subject: 'reader', groups: [] };
for await (const event of agent.ask({ question: 'Where is SO-1, and which torque do its bolts need?', caller })) {
  if (event.type === 'tool-start') console.log(event.tool);
  if (event.type !== 'run-end') continue;
  console.log(event.answer.text);
  assert.equal(event.answer.text, 'Order SO-1 left on Friday [1]. Its bolts need 20 Nm [2].');
  assert.equal(event.run.counts?.delegations, 2);
  // A specialist has its own tools only.
  assert.deepEqual(
    model.requests[1]?.tools?.map(({ name }) => name),
    ['get_order'],
  );
}
await agent.close();
