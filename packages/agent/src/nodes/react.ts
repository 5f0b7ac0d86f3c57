import { type ChatEvent, type ChatModel, type ChatRequest, FieldkitError, type ToolCall } from '@fieldkit/core';
import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { callModel, type NodeContext } from '../call-model.ts';
import type { ReactSpec } from '../plan.ts';
import { renderPrompt } from '../prompts.ts';
import { type AgentState, type StatePatch, standaloneQuestion } from '../state.ts';
import {
  callAll,
  callKey,
  collectWithin,
  noteCut,
  noteRepeats,
  openEvidence,
  questionWithParts,
  shownDefinition,
  type ToolOutcome,
} from '../tool-rounds.ts';

/** Listens to nothing, and stands where LangSmith's tracer would; LangChain asks such a handler for no more. */
const QUIET = {
  name: 'langchain_tracer',
  ignoreLLM: true,
  ignoreChain: true,
  ignoreAgent: true,
  ignoreRetriever: true,
  ignoreCustomEvent: true,
  getRunTreeWithTracingConfig: () => undefined,
};

/** What was asked for in one turn of the model, and what came of it. */
interface Turn {
  readonly asked: readonly ToolCall[];
  readonly allowed: readonly ToolCall[];
  results?: Promise<readonly ToolOutcome[]>;
}

/**
 * The open loop of LangChain's `createAgent`: tools until the model says that it is done. Its model is ours with journal, bounds, fallbacks and
 * redaction; middleware ends it at the bounds of the plan and makes each call under our policies.
 */
export async function runReact(state: AgentState, context: NodeContext<ReactSpec>): Promise<StatePatch> {
  const { run, spec, prompt, signal } = context;
  const { langchain } = run;
  if (langchain === undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      'react needs a LangChain chat model: give createAgent `langchain: (model) => new FieldkitChatModel(model)` of @fieldkit/models/langchain',
    );
  }
  const { createAgent, createMiddleware, HumanMessage, tool, ToolMessage } = await import('langchain');
  const evidence = openEvidence(state.evidence, context);
  const tools = run.tools.filter(({ name }) => spec.tools === undefined || spec.tools.includes(name));
  const asked = new Set<string>();
  let turn: Turn = { asked: [], allowed: [] };
  let rounds = 0;
  let callsLeft = spec.maxCalls;
  let failure: unknown;

  const model = boundedModel(
    context,
    tools.map((one) => shownDefinition(one, run.plan.guards)),
    (calls) => {
      rounds += 1;
      const fresh = calls.filter(
        (call, index) =>
          !asked.has(callKey(call)) && calls.findIndex((other) => callKey(other) === callKey(call)) === index,
      );
      noteRepeats(context, calls.length - fresh.length, fresh.length === 0);
      const allowed = fresh.slice(0, Math.max(0, Math.min(callsLeft, context.stepsLeft() - 1)));
      noteCut(context, fresh.length - allowed.length, fresh.length);
      callsLeft -= allowed.length;
      run.count('toolCalls', allowed.length);
      for (const call of allowed) asked.add(callKey(call));
      turn = { asked: calls, allowed };
    },
  );

  const makeCalls = ({ allowed }: Turn) =>
    callAll(context, {
      tools,
      calls: allowed,
      concurrency: spec.concurrency,
      // The first turn knows the question only.
      afterUntrusted: rounds > 1 || state.evidence.length > 0 || state.history.length > 0,
      evidence,
    });

  const bounds = createMiddleware({
    name: 'bounds',
    beforeModel: {
      canJumpTo: ['end'],
      hook: () =>
        rounds >= spec.rounds || callsLeft <= 0 || context.stepsLeft() <= 1 ? { jumpTo: 'end' as const } : undefined,
    },
    afterModel: {
      canJumpTo: ['end'],
      hook: () => (turn.allowed.length === 0 ? { jumpTo: 'end' as const } : undefined),
    },
    async wrapToolCall({ toolCall }) {
      const at = turn.asked.findIndex(({ id }) => id === toolCall.id);
      const index = turn.allowed.findIndex(({ id }) => id === toolCall.id);
      turn.results ??= makeCalls(turn).catch((thrown) => {
        failure = thrown;
        throw thrown;
      });
      const results = await turn.results;
      const content =
        results[index]?.text() ?? 'This call was not made: it was made before, or the bound on calls is reached.';
      return new ToolMessage({ content, tool_call_id: toolCall.id ?? '', name: turn.asked[at]?.name ?? toolCall.name });
    },
  });

  const work = async (): Promise<void> => {
    if (tools.length === 0) return;
    const agent = createAgent({
      model: langchain(model) as BaseChatModel, // the option says that it is one
      // Middleware makes the calls; LangChain knows the tools by name only.
      tools: tools.map(({ name, description }) =>
        tool(() => '', { name, description, schema: { type: 'object', properties: {} } }),
      ),
      systemPrompt: renderPrompt(prompt, { language: state.understanding?.language ?? 'und', marker: run.marker }),
      middleware: [bounds],
      checkpointer: false,
    });
    const content = questionWithParts(state, standaloneQuestion(state));
    try {
      await agent.invoke(
        { messages: [new HumanMessage(content)] },
        {
          signal,
          callbacks: [QUIET as unknown as BaseCallbackHandler], // it has what LangChain calls of a handler that ignores everything
          recursionLimit: spec.rounds * 6 + 12,
          configurable: {},
        },
      );
    } catch (thrown) {
      throw failure ?? thrown;
    }
  };
  return { evidence: await collectWithin(context, evidence, work) };
}

/** Our model calls, journalled and bounded, as a chat model; `onCalls` hears what tools each turn asks for. */
function boundedModel(
  context: NodeContext<ReactSpec>,
  tools: NonNullable<ChatRequest['tools']>,
  onCalls: (calls: readonly ToolCall[]) => void,
): ChatModel {
  let turns = 0;
  return {
    name: context.name,
    async *chat({ messages }: ChatRequest): AsyncGenerator<ChatEvent> {
      const { text, toolCalls, usage, model, reason } = await callModel(context, {
        messages,
        tools,
        toolChoice: 'auto',
      });
      turns += 1;
      // Ids that are unique whatever the endpoint gives; arguments that are no JSON are reported by the call itself.
      const calls = toolCalls.map((call, index) => ({ ...call, id: `call-${turns}-${index + 1}` }));
      onCalls(calls);
      if (text !== '') yield { type: 'text-delta', text };
      for (const call of calls)
        yield { type: 'tool-call', call: { ...call, arguments: objectOrEmpty(call.arguments) } };
      yield { type: 'finish', reason, usage, model };
    },
  };
}

function objectOrEmpty(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? json : '{}';
  } catch {
    return '{}';
  }
}
