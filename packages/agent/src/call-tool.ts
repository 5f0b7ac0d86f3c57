import { errorRecord, FieldkitError, nearestName, type Tool, type ToolCall, type ToolResult } from '@fieldkit/core';
import type { NodeContext } from './call-model.ts';
import { untilAborted } from './run-context.ts';

export interface CalledTool {
  readonly tool: Tool;
  readonly input: unknown;
  readonly result: ToolResult;
}

/**
 * One tool call of a node: checked, bounded, recorded.
 *
 * @throws {FieldkitError} `TOOL_NOT_FOUND`, `TOOL_INVALID_INPUT`, `TOOL_NEEDS_APPROVAL`, `BUDGET_EXCEEDED`, `TIMED_OUT`, `CANCELLED`, or
 * what the tool throws.
 */
export async function callTool(
  context: NodeContext,
  offered: readonly Tool[],
  call: Pick<ToolCall, 'name' | 'arguments'>,
  id: string,
): Promise<CalledTool> {
  const { run, stepId, name: node } = context;
  const begun = run.clock.monotonic();
  const input = parseArguments(call);
  run.emit({ type: 'tool-start', stepId: id, node, tool: call.name, input: input.value });
  const end = (fields: { isError: boolean; error?: { code: string; message: string } }) =>
    run.emit({
      type: 'tool-end',
      stepId: id,
      node,
      tool: call.name,
      durationMs: Math.max(0, run.clock.monotonic() - begun),
      ...fields,
    });
  try {
    const called = await run.step<CalledTool>(
      { id, parentId: stepId, name: call.name, kind: 'tool', input: input.value },
      async () => {
        const tool = findTool(offered, call.name);
        if (input.problem !== undefined) throw new FieldkitError('TOOL_INVALID_INPUT', input.problem);
        if (tool.effects === 'write' && !run.plan.granted.includes(tool.name)) {
          throw new FieldkitError(
            'TOOL_NEEDS_APPROVAL',
            `${tool.name} changes something and was not approved; grant it in the pipeline plan or approve the call`,
          );
        }
        context.checkToolBudget();
        context.spend({ steps: 1 });
        const signal = AbortSignal.any([context.signal, AbortSignal.timeout(tool.timeoutMs)]);
        const running = tool.run(input.value, { caller: run.caller, callId: id, signal });
        const result = await untilAborted(running, signal);
        return { value: { tool, input: input.value, result }, output: result };
      },
    );
    end({ isError: called.result.isError });
    return called;
  } catch (error) {
    const { code, message } = errorRecord(error);
    end({ isError: true, error: { code, message } });
    throw error;
  }
}

function parseArguments({ name, arguments: json }: Pick<ToolCall, 'name' | 'arguments'>): {
  value: unknown;
  problem?: string;
} {
  if (json.trim() === '') return { value: {} };
  try {
    return { value: JSON.parse(json) };
  } catch {
    return { value: json, problem: `the arguments for ${name} are not JSON; write one JSON object` };
  }
}

function findTool(offered: readonly Tool[], name: string): Tool {
  const tool = offered.find((candidate) => candidate.name === name);
  if (tool !== undefined) return tool;
  const names = offered.map((candidate) => candidate.name);
  const near = nearestName(name, names);
  throw new FieldkitError(
    'TOOL_NOT_FOUND',
    `there is no tool "${name}" here; ${near === undefined ? `known are ${names.join(', ')}` : `did you mean "${near}"?`}`,
  );
}
