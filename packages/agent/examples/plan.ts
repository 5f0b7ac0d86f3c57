import assert from 'node:assert/strict';
import { answer, createAgent, patternsUsed, pipelinePlan, plan, understand } from '@fieldkit/agent';
import { createScriptedModel } from '@fieldkit/core/testing';
import { lookUp } from './support/look-up.ts';

// Task planning: a question as tasks that build on each other, planned anew when one finds nothing. Entitlement used: "task planning".

const pipeline = pipelinePlan({
  nodes: [understand(), plan({ maxTasks: 3, rounds: 1, replans: 1 }), answer({ repairs: 0 })],
  budget: { steps: 14, seconds: 30 },
});
assert.deepEqual(patternsUsed(pipeline), [{ node: 'plan', pattern: 'task planning', entitlement: 'task planning' }]);

const look = (about: string) => ({ toolCalls: [{ id: 'c', name: 'look_up', arguments: JSON.stringify({ about }) }] });
const model = createScriptedModel([
  '{"tasks":[{"id":"torque","question":"Which torque does the seal of SO-1 need?","needs":["part"]},{"id":"part","question":"Which seal is in order SO-1?","needs":[]}]}',
  look('SO-1'), // the task that the other needs comes first
  look('SEAL-204'),
  'Order SO-1 has the seal SEAL-204 [1: "SEAL-204"]. It needs 20 Nm [2: "20 Nm"].',
]);
const agent = createAgent({
  plan: pipeline,
  models: () => model,
  tools: [lookUp('look_up', { 'SO-1': 'seal SEAL-204', 'SEAL-204': '20 Nm' })],
  locate: () => undefined,
});
const caller = { tenant: 'default', subject: 'reader', groups: [] };
for await (const event of agent.ask({ question: 'Which torque does the seal of order SO-1 need?', caller })) {
  if (event.type === 'tool-start') console.log(event.tool, JSON.stringify(event.input));
  if (event.type !== 'run-end') continue;
  console.log(event.answer.text);
  assert.equal(event.answer.text, 'Order SO-1 has the seal SEAL-204 [1]. It needs 20 Nm [2].');
  assert.equal(event.run.counts?.tasks, 2);
}
await agent.close();
