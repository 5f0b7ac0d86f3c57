import { schemaProperties, type Tool, type ToolCall } from '@fieldkit/core';
import type { NodeContext } from '../call-model.ts';
import type { EvidenceCollection } from '../collect-evidence.ts';
import type { GatherSpec } from '../plan.ts';
import { renderPrompt } from '../prompts.ts';
import { type AgentState, type StatePatch, standaloneQuestion } from '../state.ts';
import { callAll, collectWithin, openEvidence, questionWithParts, runToolRounds } from '../tool-rounds.ts';

/** Collects evidence until there is enough, nothing new comes, or a bound is reached. */
export async function runGather(state: AgentState, context: NodeContext<GatherSpec>): Promise<StatePatch> {
  const { run, spec, prompt } = context;
  const evidence = openEvidence(state.evidence, context);
  const tools = run.tools.filter(({ name }) => spec.tools === undefined || spec.tools.includes(name));
  const { language = 'und', filter } = state.understanding ?? {};
  const work = async (): Promise<void> => {
    if (spec.mode === 'retrieve') return retrieve(state, context, tools, evidence);
    const restriction = filter === undefined ? '' : `\n\nRestrict searches by this filter: ${JSON.stringify(filter)}`;
    await runToolRounds(context, {
      system: renderPrompt(prompt, { language, marker: run.marker }) + restriction,
      question: standaloneQuestion(state),
      prompt: questionWithParts(state, standaloneQuestion(state)),
      tools,
      rounds: spec.rounds,
      maxCalls: spec.maxCalls,
      concurrency: spec.concurrency,
      afterUntrusted: state.evidence.length > 0 || state.history.length > 0,
      evidence,
    });
  };
  return { evidence: await collectWithin(context, evidence, work) };
}

/** Every passage tool with the question and each of its parts; no model. */
async function retrieve(
  state: AgentState,
  context: NodeContext<GatherSpec>,
  tools: readonly Tool[],
  evidence: EvidenceCollection,
): Promise<void> {
  const { subQuestions = [], filter } = state.understanding ?? {};
  const { concurrency, maxCalls } = context.spec;
  const missing = state.missing === undefined ? [] : [state.missing];
  const queries = [...new Set([standaloneQuestion(state), ...subQuestions, ...missing])];
  const calls = tools
    .filter(({ yields }) => yields === 'passages')
    .flatMap((tool) => queries.map((query) => retrievalCall(tool, query, filter)));
  await callAll(context, { tools, calls: calls.slice(0, maxCalls), concurrency, afterUntrusted: true, evidence });
}

function retrievalCall(tool: Tool, query: string, filter: unknown): ToolCall {
  const properties = schemaProperties(tool.inputSchema);
  const required = Array.isArray(tool.inputSchema.required) ? tool.inputSchema.required : [];
  const [name = 'query'] = properties.find(([key, { type }]) => type === 'string' && required.includes(key)) ?? [];
  const filters = filter !== undefined && properties.some(([key]) => key === 'filter');
  const input = { [name]: query, ...(filters ? { filter } : {}) };
  return { id: '', name: tool.name, arguments: JSON.stringify(input) };
}
