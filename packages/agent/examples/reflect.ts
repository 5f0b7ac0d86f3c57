import assert from 'node:assert/strict';
import { answer, createAgent, gather, patternsUsed, pipelinePlan, reflect, understand } from '@fieldkit/agent';
import { createScriptedModel } from '@fieldkit/core/testing';
import { lookUp } from './support/look-up.ts';

// Reflection: an answer is judged before anybody sees it, and goes back for more when it is not good enough. Entitlement used: "reflection".

const plan = pipelinePlan({
  nodes: [
    understand(),
    gather({ rounds: 1 }),
    answer({ repairs: 0 }),
    reflect({ relevance: 0.7, groundedness: 0.8, loops: 1 }),
  ],
  budget: { steps: 12, seconds: 30 },
});
assert.deepEqual(patternsUsed(plan), [{ node: 'reflect', pattern: 'reflection', entitlement: 'reflection' }]);

const search = (about: string) => ({
  toolCalls: [{ id: 'c', name: 'search_manuals', arguments: JSON.stringify({ about }) }],
});
const model = createScriptedModel([
  search('torque'),
  'The bolts need 20 Nm [1: "20 Nm"].',
  '{"relevance":0.4,"missing":"pattern"}', // the question asked for two things
  search('pattern'),
  'The bolts need 20 Nm [1: "20 Nm"]. They are tightened crosswise [2: "crosswise"].',
  '{"relevance":0.9,"missing":""}',
]);
const agent = createAgent({
  plan,
  models: () => model,
  tools: [lookUp('search_manuals', { torque: '20 Nm', pattern: 'tightened crosswise' })],
  locate: () => undefined,
});
const caller = { tenant: 'default', subject: 'reader', groups: [] };
for await (const event of agent.ask({ question: 'How are the bolts tightened, and with what torque?', caller })) {
  if (event.type === 'finding') console.log(event.finding.message);
  if (event.type !== 'run-end') continue;
  console.log(event.answer.text);
  assert.equal(event.answer.text, 'The bolts need 20 Nm [1]. They are tightened crosswise [2].');
  assert.equal(event.run.counts?.reflections, 1);
}
await agent.close();
