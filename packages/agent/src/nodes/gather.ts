import {
  analyzeText,
  type ChatMessage,
  estimateTokens,
  type FieldkitError,
  formatEvidence,
  mapConcurrent,
  schemaProperties,
  type Tool,
  type ToolCall,
  toFieldkitError,
} from '@fieldkit/core';
import { callModel, isOverBudget, type NodeContext } from '../call-model.ts';
import { callTool, waitsForApproval } from '../call-tool.ts';
import { createEvidenceCollection, type EvidenceCollection, fitEvidence } from '../collect-evidence.ts';
import { cleanText, shownItem } from '../guards.ts';
import type { GatherSpec } from '../plan.ts';
import { renderPrompt } from '../prompts.ts';
import { type AgentState, type Evidence, type StatePatch, standaloneQuestion } from '../state.ts';

/** Part of the question's content words that the evidence must mention, or else it is too little. */
const ENOUGH_COVERAGE = 1 / 3;
/** Words that ask and carry no content, as terms of the analyser. */
const ASKING = new Set(
  analyzeText(
    `what which who whom whose when where why how do does did done can could may might shall should would must need have has had i me
    my we us our you your he she its any some please tell give show find from about much many long often there
    什么 多少 怎么 怎样 如何 为什么 哪 哪个 哪些 哪里 几 吗 呢 是 是否 的 了 在 有 和 与 请 请问 能 可以 需要 应该 我 我们 你 您 多久 多长`,
  ),
);
/** Evidence that a model choosing the next calls gets to see, in estimated tokens. */
const TOKENS_BETWEEN_ROUNDS = 4_000;

/** Collects evidence until there is enough, nothing new comes, or a bound is reached. */
export async function runGather(state: AgentState, context: NodeContext<GatherSpec>): Promise<StatePatch> {
  const { run, spec } = context;
  const evidence = createEvidenceCollection(state.evidence, {
    caller: run.caller,
    hideAddressed: run.plan.guards.instructions === 'remove',
    toolNames: run.tools.map((tool) => tool.name),
    onFinding: (finding) => run.finding({ ...finding, where: context.name }),
  });
  const tools = offeredTools(run.tools, spec);
  try {
    if (spec.mode === 'retrieve') await retrieve(state, context, tools, evidence);
    else await converse(state, context, tools, evidence);
  } catch (thrown) {
    const error = toFieldkitError(thrown);
    if (!isOverBudget(error, run) || evidence.all().length === 0) throw error;
    run.finding({
      severity: 'warning',
      code: 'gathering-cut',
      message: `${context.name}: ${error.message}; the answer is made from what was found`,
      where: context.name,
    });
  }
  return { evidence: [...evidence.all()] };
}

function offeredTools(tools: readonly Tool[], spec: GatherSpec): Tool[] {
  return tools.filter(({ name }) => spec.tools === undefined || spec.tools.includes(name));
}

/** Every passage tool with the question and each of its parts; no model. */
async function retrieve(
  state: AgentState,
  context: NodeContext<GatherSpec>,
  tools: readonly Tool[],
  evidence: EvidenceCollection,
): Promise<void> {
  const { subQuestions = [], filter } = state.understanding ?? {};
  const queries = [...new Set([standaloneQuestion(state), ...subQuestions])];
  const calls = tools
    .filter(({ yields }) => yields === 'passages')
    .flatMap((tool) => queries.map((query) => retrievalCall(tool, query, filter)));
  await callAll(context, tools, calls.slice(0, context.spec.maxCalls), evidence, true);
}

function retrievalCall(tool: Tool, query: string, filter: unknown): ToolCall {
  const properties = schemaProperties(tool.inputSchema);
  const required = Array.isArray(tool.inputSchema.required) ? tool.inputSchema.required : [];
  const [name = 'query'] = properties.find(([key, { type }]) => type === 'string' && required.includes(key)) ?? [];
  const filters = filter !== undefined && properties.some(([key]) => key === 'filter');
  const input = { [name]: query, ...(filters ? { filter } : {}) };
  return { id: '', name: tool.name, arguments: JSON.stringify(input) };
}

async function converse(
  state: AgentState,
  context: NodeContext<GatherSpec>,
  tools: readonly Tool[],
  evidence: EvidenceCollection,
): Promise<void> {
  const { run, spec, prompt } = context;
  if (tools.length === 0) return;
  const question = standaloneQuestion(state);
  const { language = 'und', subQuestions = [], filter } = state.understanding ?? {};
  const restriction = filter === undefined ? '' : `\n\nRestrict searches by this filter: ${JSON.stringify(filter)}`;
  const messages: ChatMessage[] = [
    { role: 'system', content: renderPrompt(prompt, { language, marker: run.marker }) + restriction },
    { role: 'user', content: [question, ...subQuestions.map((part) => `- ${part}`)].join('\n') },
  ];
  const definitions = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  const asked = new Set<string>();
  let callsLeft = spec.maxCalls;
  for (let round = 1; round <= spec.rounds; round += 1) {
    if (context.stepsLeft() <= 1) return; // the last step belongs to the answer
    const { text, toolCalls } = await callModel(context, { messages, tools: definitions, toolChoice: 'auto' });
    const fresh = toolCalls.filter((call) => !asked.has(callKey(call)));
    if (toolCalls.length > fresh.length) {
      run.count('repeatedCalls', toolCalls.length - fresh.length);
      if (fresh.length === 0) {
        run.finding({
          severity: 'info',
          code: 'repeated-call',
          message: `${context.name}: the model asked for the same call again; gathering ended`,
          where: context.name,
        });
      }
    }
    if (fresh.length === 0) return;
    const allowed = fresh.slice(0, Math.max(0, Math.min(callsLeft, context.stepsLeft() - 1)));
    if (allowed.length < fresh.length) {
      run.finding({
        severity: 'warning',
        code: 'calls-cut',
        message: `${context.name}: ${fresh.length - allowed.length} of ${fresh.length} tool calls were not made: the bound on calls is reached`,
        where: context.name,
      });
    }
    callsLeft -= allowed.length;
    for (const call of allowed) asked.add(callKey(call));
    const before = evidence.all().length;
    // What a model wrote after reading documents, records or an earlier answer may be what they told it to write.
    const afterUntrusted = before > 0 || round > 1 || state.history.length > 0;
    const results = await callAll(context, tools, allowed, evidence, afterUntrusted);
    const found = evidence.all().length > before;
    const failed = results.some(({ failed }) => failed);
    if (!failed && found && isEnough(question, evidence.all())) return;
    if (callsLeft <= 0 || (round > 1 && !found)) return;
    messages.push({ role: 'assistant', content: text, toolCalls: allowed });
    for (const [index, call] of allowed.entries()) {
      const content = results[index]?.text ?? '';
      messages.push({ role: 'tool', toolCallId: call.id, name: call.name, content });
    }
  }
}

/** The same call whatever the order and spacing of its arguments. */
function callKey({ name, arguments: json }: ToolCall): string {
  try {
    const value: unknown = JSON.parse(json);
    if (value !== null && typeof value === 'object') {
      return `${name} ${JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
    }
  } catch {
    // not JSON: compared as it is
  }
  return `${name} ${json}`;
}

/** Whether the evidence mentions enough of what the question is about. In another language than the question's it may not. */
export function isEnough(question: string, evidence: readonly Evidence[]): boolean {
  const terms = new Set(analyzeText(question).filter((term) => !ASKING.has(term)));
  if (terms.size === 0) return evidence.length > 0;
  const known = new Set(
    evidence.flatMap(({ item }) =>
      analyzeText(`${item.title} ${item.headings.join(' ')} ${item.context} ${item.text}`),
    ),
  );
  const found = [...terms].filter((term) => known.has(term)).length;
  return found / terms.size >= ENOUGH_COVERAGE;
}

/** Calls in parallel; a failed call is told to the model and does not stop the others. Results in call order. */
async function callAll(
  context: NodeContext<GatherSpec>,
  tools: readonly Tool[],
  calls: readonly ToolCall[],
  evidence: EvidenceCollection,
  afterUntrusted: boolean,
): Promise<{ text: string; failed: boolean }[]> {
  const { run, spec, signal } = context;
  const ids = calls.map(() => context.childId('t'));
  const outcomes = await mapConcurrent(
    calls,
    spec.concurrency,
    async (call, index) => {
      try {
        return {
          ok: true as const,
          ...(await callTool(context, tools, { call, id: ids[index] ?? '', afterUntrusted })),
        };
      } catch (thrown) {
        const error = toFieldkitError(thrown);
        if (signal.aborted || error.code === 'BUDGET_EXCEEDED' || error.code === 'INTERNAL') throw error;
        return { ok: false as const, error };
      }
    },
    { signal },
  );
  // The others have ended and are in the journal; the run goes on from here once a person has decided.
  for (const outcome of outcomes) if (!outcome.ok && waitsForApproval(outcome.error)) throw outcome.error;
  return outcomes.map((outcome, index) => {
    const call = calls[index];
    if (!outcome.ok) {
      reportFailure(context, call?.name ?? '', outcome.error);
      return { text: failureText(outcome.error), failed: true };
    }
    const { tool, input, result } = outcome;
    const added = evidence.addResult(tool, ids[index] ?? '', input, result);
    const { shown } = fitEvidence(added, TOKENS_BETWEEN_ROUNDS);
    const text =
      shown.length === 0
        ? 'Nothing was found.'
        : formatEvidence(
            shown.map(({ item }) => shownItem(item)),
            run.marker,
          );
    run.count('toolTokens', estimateTokens(text));
    return { text, failed: result.isError };
  });
}

/** Told to the model: the message may come from another system, so it is kept short, clean and on one line. */
function failureText({ code, message }: FieldkitError): string {
  return `The call failed (${code}): ${cleanText(message).replace(/\s+/g, ' ').slice(0, 300)}`;
}

function reportFailure(context: NodeContext<GatherSpec>, tool: string, error: FieldkitError): void {
  context.run.count('toolFailures');
  context.run.finding({
    severity: 'warning',
    code: error.code === 'TOOL_NEEDS_APPROVAL' ? 'tool-needs-approval' : 'tool-failed',
    message: `${tool}: ${error.message} (${error.code})`,
    where: context.name,
  });
}
