import assert from 'node:assert/strict';
import { answer, createAgent, gather, type MemoryNote, patternsUsed, pipelinePlan, understand } from '@fieldkit/agent';
import { createScriptedModel } from '@fieldkit/core/testing';
import { searchOf } from './support/search.ts';

// Summarised and long-term memory. Entitlement used, for each: "short-term or long-term memory".

const plan = pipelinePlan({
  nodes: [understand({ when: 'always' }), gather({ mode: 'retrieve' }), answer({ repairs: 0 })],
  memory: { turns: 1, summary: true, longTerm: 3 },
  budget: { steps: 8, seconds: 30 },
});
assert.deepEqual(patternsUsed(plan), [
  { node: 'memory', pattern: 'summarised memory', entitlement: 'short-term or long-term memory' },
  { node: 'memory', pattern: 'long-term memory', entitlement: 'short-term or long-term memory' },
]);

// A project keeps the notes in a vector index of its own (`memory: { longTerm: 3 }` is all it writes); here a list does.
const notes: MemoryNote[] = [];
const longTermMemory = {
  recall: async () => notes,
  async remember(_: unknown, texts: readonly string[], at: string) {
    for (const text of texts) notes.push({ id: String(notes.length), text, at });
  },
  list: async () => notes,
  forget: async () => notes.splice(0).length,
};

const search = searchOf('The XP-200 needs 20 Nm of torque.');
const understood = (question: string) => JSON.stringify({ question, language: 'en', inScope: true, subQuestions: [] });
const SAID = 'It needs 20 Nm [1: "20 Nm"].';
const model = createScriptedModel([
  understood('What torque does the XP-200 need?'),
  SAID,
  understood('What torque does the XP-200 need?'), // in another session, from the note
  SAID,
  understood('Is that the torque of the XP-200?'),
  SAID,
  'The user has an XP-200 and was told 20 Nm.', // the summary of the turn that leaves the window
]);
const agent = createAgent({ plan, models: () => model, tools: [search], locate: () => undefined, longTermMemory });
const caller = { tenant: 'default', subject: 'anna', groups: [] };
const asked = [
  { sessionId: 'monday', question: 'My pump is an XP-200. What torque does it need?' },
  { sessionId: 'tuesday', question: 'What torque does my pump need?' },
  { sessionId: 'tuesday', question: 'Is that the torque of my pump?' },
];
for (const { sessionId, question } of asked) {
  for await (const event of agent.ask({ question, caller, sessionId })) {
    if (event.type === 'run-end') assert.equal(event.answer.text, 'It needs 20 Nm [1].');
  }
}
console.log(notes);
assert.deepEqual(
  notes.map(({ text }) => text),
  ['My pump is an XP-200.'],
);
assert.match(JSON.stringify(model.requests[2]?.messages), /My pump is an XP-200/);
assert.match(JSON.stringify(model.requests[6]?.messages), /Summary|Keep|memory of a conversation/i);
await agent.close();
