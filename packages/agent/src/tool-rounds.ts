import {
  analyzeText,
  type ChatMessage,
  type FieldkitError,
  formatEvidence,
  type JsonSchema,
  mapConcurrent,
  type Tool,
  type ToolCall,
  type ToolDefinition,
  toFieldkitError,
} from '@fieldkit/core';
import { callModel, isOverBudget, type ModelChoice, type NodeContext } from './call-model.ts';
import { callTool, waitsForApproval } from './call-tool.ts';
import { createEvidenceCollection, type EvidenceCollection, fitEvidence, pieceTokens } from './collect-evidence.ts';
import { type GuardsPlan, shownItem, shownText } from './guards.ts';
import { termsOf } from './passage-facts.ts';
import type { NodeSpec } from './plan.ts';
import type { AgentState, Evidence } from './state.ts';

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

/** A node that calls tools. */
export type ToolNodeContext = NodeContext<ModelChoice & NodeSpec>;

export interface ToolRoundsRequest {
  /** The system message. */
  readonly system: string;
  readonly question: string;
  /** Said to the model in place of the question: with its parts, or with what is known. */
  readonly prompt?: string;
  readonly tools: readonly Tool[];
  readonly rounds: number;
  readonly maxCalls: number;
  readonly concurrency: number;
  /** The model has read text from outside before the first round. */
  readonly afterUntrusted: boolean;
  readonly evidence: EvidenceCollection;
}

/** The run's evidence with its guards on. */
export function openEvidence(earlier: readonly Evidence[], { run, name }: ToolNodeContext): EvidenceCollection {
  return createEvidenceCollection(earlier, {
    caller: run.caller,
    hideAddressed: run.plan.guards.instructions === 'remove',
    toolNames: run.tools.map((tool) => tool.name),
    onFinding: (finding) => run.finding({ ...finding, where: name }),
  });
}

/** Collects until `work` ends or a bound is reached; at the bound what was found is kept, if anything was. */
export async function collectWithin(
  context: ToolNodeContext,
  evidence: EvidenceCollection,
  work: () => Promise<void>,
): Promise<Evidence[]> {
  const { run, name } = context;
  try {
    await work();
  } catch (thrown) {
    const error = toFieldkitError(thrown);
    if (!isOverBudget(error, run) || evidence.all().length === 0) throw error;
    run.finding({
      severity: 'warning',
      code: 'gathering-cut',
      message: `${name}: ${error.message}; the answer is made from what was found`,
      where: name,
    });
  }
  return [...evidence.all()];
}

/** The question with its parts, and with what a reflection found missing. */
export function questionWithParts({ understanding, missing }: AgentState, question: string): string {
  const parts = (understanding?.subQuestions ?? []).map((part) => `- ${part}`);
  return [question, ...parts, ...(missing === undefined ? [] : [missing])].join('\n');
}

/** Rounds of tool calls chosen by the model, until there is enough, nothing new comes, a call is repeated, or a bound is reached. */
export async function runToolRounds(context: ToolNodeContext, request: ToolRoundsRequest): Promise<void> {
  const { run } = context;
  const {
    system,
    question,
    prompt = question,
    tools,
    rounds,
    maxCalls,
    concurrency,
    afterUntrusted,
    evidence,
  } = request;
  if (tools.length === 0) return;
  const messages: ChatMessage[] = [
    { role: 'system', content: system },
    { role: 'user', content: prompt },
  ];
  const definitions = tools.map((tool) => shownDefinition(tool, run.plan.guards));
  const asked = new Set<string>();
  let callsLeft = maxCalls;
  for (let round = 1; round <= rounds; round += 1) {
    if (context.stepsLeft() <= 1) return; // the last step belongs to the answer
    const { text, toolCalls } = await callModel(context, {
      messages: [...messages], // the trace keeps what was sent
      tools: definitions,
      toolChoice: 'auto',
    });
    const fresh = toolCalls.filter((call) => !asked.has(callKey(call)));
    noteRepeats(context, toolCalls.length - fresh.length, fresh.length === 0);
    if (fresh.length === 0) return;
    const allowed = fresh.slice(0, Math.max(0, Math.min(callsLeft, context.stepsLeft() - 1)));
    noteCut(context, fresh.length - allowed.length, fresh.length);
    callsLeft -= allowed.length;
    run.count('toolCalls', allowed.length);
    for (const call of allowed) asked.add(callKey(call));
    const before = evidence.all().length;
    // What a model wrote after reading documents, records or an earlier answer may be what they told it to write.
    const results = await callAll(context, {
      tools,
      calls: allowed,
      concurrency,
      afterUntrusted: afterUntrusted || round > 1,
      evidence,
    });
    const found = evidence.all().length > before;
    const failed = results.some((result) => result.failed);
    if (!failed && found && isEnough(question, evidence.all())) return;
    if (callsLeft <= 0 || (round > 1 && !found)) return;
    messages.push({ role: 'assistant', content: text, toolCalls: allowed });
    for (const [index, call] of allowed.entries()) {
      const content = results[index]?.text() ?? '';
      messages.push({ role: 'tool', toolCallId: call.id, name: call.name, content });
    }
  }
}

/** A tool as a model sees it: another system's description may be addressed to it too. */
export function shownDefinition({ name, description, inputSchema }: Tool, guards: GuardsPlan): ToolDefinition {
  const show = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') return key === 'description' || key === 'title' ? shownText(value, guards) : value;
    if (Array.isArray(value)) return value.map((item) => show(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, show(item, field)]));
  };
  const known = definitions.get(inputSchema);
  if (known !== undefined && known.instructions === guards.instructions && known.description === description)
    return known.shown;
  const shown = { name, description: shownText(description, guards), inputSchema: show(inputSchema) as JsonSchema }; // the same shape
  definitions.set(inputSchema, { instructions: guards.instructions, description, shown });
  return shown;
}

/** By input schema, which a tool keeps for its life. */
const definitions = new WeakMap<
  JsonSchema,
  { readonly instructions: string; readonly description: string; readonly shown: ToolDefinition }
>();

export function noteRepeats({ run, name }: ToolNodeContext, repeats: number, all: boolean): void {
  if (repeats === 0) return;
  run.count('repeatedCalls', repeats);
  if (!all) return;
  run.finding({
    severity: 'info',
    code: 'repeated-call',
    message: `${name}: the model asked for the same call again; gathering ended`,
    where: name,
  });
}

export function noteCut({ run, name }: ToolNodeContext, cut: number, wanted: number): void {
  if (cut === 0) return;
  run.finding({
    severity: 'warning',
    code: 'calls-cut',
    message: `${name}: ${cut} of ${wanted} tool calls were not made: the bound on calls is reached`,
    where: name,
  });
}

/** The same call whatever the order and spacing of its arguments. */
export function callKey({ name, arguments: json }: ToolCall): string {
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
  const known = evidence.flatMap(({ item }) =>
    [item.title, ...item.headings, item.context, item.text].map((text) => termsOf(text)),
  );
  const found = [...terms].filter((term) => known.some((own) => own.has(term))).length;
  return found / terms.size >= ENOUGH_COVERAGE;
}

/** What a call came to; `text` is what a model that chooses the next calls is told. */
export interface ToolOutcome {
  text(): string;
  readonly failed: boolean;
}

/** Calls in parallel; a failed call is told to the model and does not stop the others. Results in call order. */
export async function callAll(
  context: ToolNodeContext,
  request: Pick<ToolRoundsRequest, 'tools' | 'concurrency' | 'afterUntrusted' | 'evidence'> & {
    readonly calls: readonly ToolCall[];
  },
): Promise<ToolOutcome[]> {
  const { run, signal } = context;
  const { tools, calls, concurrency, afterUntrusted, evidence } = request;
  const ids = calls.map(() => context.childId('t'));
  const outcomes = await mapConcurrent(
    calls,
    concurrency,
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
      const text = failureText(outcome.error, run.plan.guards);
      return { text: () => text, failed: true };
    }
    const { tool, input, result } = outcome;
    const added = evidence.addResult(tool, ids[index] ?? '', input, result);
    const { shown } = fitEvidence(added, TOKENS_BETWEEN_ROUNDS);
    run.count(
      'toolTokens',
      shown.reduce((sum, piece) => sum + pieceTokens(piece), 0),
    );
    const items = () => shown.map(({ item }) => shownItem(item));
    const text = () => (shown.length === 0 ? 'Nothing was found.' : formatEvidence(items(), run.marker));
    return { text, failed: result.isError };
  });
}

/** Told to the model: the message may come from another system, so it is kept short, clean and on one line. */
function failureText({ code, message }: FieldkitError, guards: GuardsPlan): string {
  return `The call failed (${code}): ${shownText(message, guards).replace(/\s+/g, ' ').slice(0, 300)}`;
}

function reportFailure(context: ToolNodeContext, tool: string, error: FieldkitError): void {
  context.run.count('toolFailures');
  context.run.finding({
    severity: 'warning',
    code: error.code === 'TOOL_NEEDS_APPROVAL' ? 'tool-needs-approval' : 'tool-failed',
    message: `${tool}: ${error.message} (${error.code})`,
    where: context.name,
  });
}
