import assert from 'node:assert/strict';
import { answer, createAgent, gather, understand } from '@fieldkit/agent';
import { createScriptedModel } from '@fieldkit/core/testing';
import { searchOf } from './support/search.ts';

const search = searchOf('Tighten the seal bolts to 20 Nm. Check again after 50 hours.');

// A real project takes a model of its endpoint; this one says what it is told.
const model = createScriptedModel([
  'The seal bolts need 20 Nm [1: "20 Nm"]. They also need 35 Nm of luck [1: "35 Nm"].',
]);

const agent = createAgent({
  plan: {
    nodes: [understand(), gather({ mode: 'retrieve' }), answer({ repairs: 0 })],
    budget: { steps: 6, seconds: 30 },
  },
  models: () => model,
  tools: [search],
  locate: () => ({ places: [{ page: 3, box: [72, 100, 300, 112] }], headings: ['Service'] }),
});

const caller = { tenant: 'default', subject: 'reader', groups: [] };
for await (const event of agent.ask({ question: 'What torque do the seal bolts need?', caller })) {
  if (event.type === 'text-delta') console.log(event.text);
  if (event.type === 'citation') console.log(event.citation.marker, event.citation.quote);
  if (event.type === 'run-end') {
    // The second sentence is not in the manual: nobody sees it.
    assert.equal(event.answer.text, 'The seal bolts need 20 Nm [1].');
    assert.equal(event.answer.status, 'answered');
    assert.equal(event.run.counts?.sentencesDropped, 1);
  }
}
await agent.close();
