import assert from 'node:assert/strict';
import { answer, createAgent, patternsUsed, pipelinePlan, react } from '@fieldkit/agent';
import type { Tool } from '@fieldkit/core';
import { createScriptedModel } from '@fieldkit/core/testing';
import { FieldkitChatModel } from '@fieldkit/models/langchain';

// ReAct: the open loop of LangChain's createAgent, inside our bounds and policies. Entitlement used: "ReAct or CoT".
// A project writes `pipeline: [react(), answer()]` and nothing else.
const lookUp = (name: string, facts: Readonly<Record<string, string>>): Tool => ({
  name,
  description: `Looks up ${Object.keys(facts).join(', ')}`,
  inputSchema: { type: 'object', properties: { about: { type: 'string' } }, required: ['about'] },
  effects: 'read',
  yields: 'record',
  timeoutMs: 1_000,
  async run(input) {
    const { about } = input as { about: string }; // as the schema says
    const fact = facts[about];
    const data = fact === undefined ? { message: `nothing about ${about}` } : { [about]: fact };
    return { data, text: '', isError: fact === undefined };
  },
});

const plan = pipelinePlan({
  nodes: [react({ rounds: 4 }), answer({ repairs: 0 })],
  budget: { steps: 10, seconds: 30 },
});
assert.deepEqual(patternsUsed(plan), [{ node: 'react', pattern: 'ReAct', entitlement: 'ReAct or CoT' }]);

const look = (about: string) => ({ toolCalls: [{ id: 'c', name: 'look_up', arguments: JSON.stringify({ about }) }] });
const model = createScriptedModel([
  look('SO-1'),
  look('SEAL-204'), // found in the round before
  'DONE',
  'The seal of order SO-1 needs 20 Nm [2: "20 Nm"].',
]);
const agent = createAgent({
  plan,
  models: () => model,
  tools: [lookUp('look_up', { 'SO-1': 'seal SEAL-204', 'SEAL-204': '20 Nm' })],
  locate: () => undefined,
  langchain: (bounded) => new FieldkitChatModel(bounded),
});
const caller = { tenant: 'default', subject: 'reader', groups: [] };
for await (const event of agent.ask({ question: 'Which torque does the seal of order SO-1 need?', caller })) {
  if (event.type === 'tool-start') console.log(event.tool, JSON.stringify(event.input));
  if (event.type !== 'run-end') continue;
  console.log(event.answer.text);
  assert.equal(event.answer.text, 'The seal of order SO-1 needs 20 Nm [1].');
}
await agent.close();
