import { describe, expect, it } from 'vitest';
import { checkPipeline, patternsUsed } from './check-pipeline.ts';
import { describePipeline } from './describe-pipeline.ts';
import { answer, gather, type PipelinePlanInput, pipelinePlan, understand } from './plan.ts';

const search = { name: 'search_knowledge', effects: 'read', yields: 'passages' } as const;
const order = { name: 'get_order', effects: 'read', yields: 'record' } as const;
const models = { chat: {}, fast: { tools: false, jsonSchema: false } };
const base: PipelinePlanInput = { nodes: [understand(), gather(), answer()], budget: { steps: 12 } };

const codes = (plan: Partial<PipelinePlanInput>, options = {}) =>
  checkPipeline(pipelinePlan({ ...base, ...plan }), { tools: [search, order], models, ...options }).map(
    ({ code }) => code,
  );

describe('checkPipeline', () => {
  it('finds nothing in the default plan', () => expect(codes({})).toEqual([]));

  it.each<[string, Partial<PipelinePlanInput>, object]>([
    ['unreachable-node', { edges: [{ from: 'understand', to: 'answer' }] }, {}],
    ['no-end', { edges: [{ from: 'answer', to: 'understand' }] }, {}],
    [
      'unknown-tool',
      { nodes: [gather({ tools: ['search_knowlege', 'get_order', 'search_knowledge'] }), answer()] },
      {},
    ],
    ['unused-tool', { nodes: [gather({ tools: ['get_order'] }), answer()] }, {}],
    [
      'nothing-to-retrieve',
      { nodes: [gather({ mode: 'retrieve', tools: ['get_order'] }), gather({ name: 'more' }), answer()] },
      {},
    ],
    ['needless-grant', { granted: ['get_order'] }, {}],
    ['unknown-model', { nodes: [gather({ model: 'caht' }), answer()] }, {}],
    ['model-lacks-ability', { nodes: [gather({ fallbacks: ['fast'] }), answer()] }, {}],
    [
      'model-lacks-ability',
      { nodes: [gather({ model: 'embed' }), answer()] },
      { models: { chat: {}, embed: { chat: false } } },
    ],
    ['budget-too-small', { budget: { steps: 2 } }, {}],
    ['no-budget', { budget: {} }, {}],
    ['no-answer-node', { nodes: [gather()] }, {}],
    ['nothing-gathered', { nodes: [answer(), gather()] }, {}],
    ['unused-prompt', {}, { prompts: { anwser: { text: 'x' } } }],
    ['unknown-variable', {}, { prompts: { understand: { text: '---\nvariables: question\n---\n{{question}}' } } }],
    ['unused-variable', {}, { prompts: { understand: { text: '---\nvariables: scope\n---\nx' } } }],
    ['no-marker', {}, { prompts: { gather: { text: 'x' } } }],
    ['invalid-prompt', {}, { prompts: { understand: { text: '{{scope}}' } } }],
  ])('reports %s', (code, plan, options) => expect(codes(plan, options)).toEqual([code]));

  it('names the counted patterns', () => {
    expect(patternsUsed(pipelinePlan(base))).toEqual([]);
    expect(patternsUsed(pipelinePlan({ nodes: [answer({ thinking: true })] }))).toMatchObject([
      { pattern: 'chain of thought' },
    ]);
  });
});

it('prints the plan as a chart and a table', () => {
  const plan = pipelinePlan({ ...base, edges: [{ from: 'gather', to: 'end', when: { evidence: false } }] });
  const { mermaid, table } = describePipeline(plan);
  expect(mermaid).toMatchInlineSnapshot(`
    "flowchart TD
      n_start([question]) --> n_understand
      n_understand["understand"]
      n_gather["gather"]
      n_answer["answer"]
      n_understand --> n_gather
      n_gather -->|evidence = false| n_end
      n_gather --> n_answer
      n_answer --> n_end
      n_end([answer])"
  `);
  expect(table.split('\n')[3]).toBe('| gather | gather | chat | no | all | 2 rounds, 8 calls; 60 s timeout |');
});
