import {
  type ErrorCode,
  errorRecord,
  FieldkitError,
  nearestName,
  schemaProperties,
  type Tool,
  type ToolCall,
  type ToolResult,
  type ToolStep,
  toFieldkitError,
} from '@fieldkit/core';
import type { Approval } from './approvals.ts';
import type { NodeContext } from './call-model.ts';
import { startDeadline } from './deadline.ts';
import { checkOutsideCall } from './outside-call.ts';
import { untilAborted } from './run-context.ts';

export interface CalledTool {
  readonly tool: Tool;
  readonly input: unknown;
  readonly result: ToolResult;
}

export interface ToolRequest {
  readonly call: Pick<ToolCall, 'name' | 'arguments'>;
  readonly id: string;
  /** Text from outside was in the context when the call was chosen. */
  readonly afterUntrusted: boolean;
}

/**
 * One tool call of a node: checked, approved when it writes, bounded, journalled, recorded.
 *
 * @throws {FieldkitError} `TOOL_NOT_FOUND`, `TOOL_INVALID_INPUT`, `TOOL_NEEDS_APPROVAL`, `TOOL_FORBIDDEN` when it was rejected or would tell
 * outsiders what they may not know, `TOOL_OUTCOME_UNKNOWN` when a write may or may not have happened, `BUDGET_EXCEEDED`, `TIMED_OUT`, `CANCELLED`, or what the tool throws.
 */
export async function callTool(
  context: NodeContext,
  offered: readonly Tool[],
  request: ToolRequest,
): Promise<CalledTool> {
  const { run, stepId, name: node } = context;
  const { call, id } = request;
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
        const done = await perform(context, tool, declaredInput(context, tool, input.value), request);
        return { value: { tool, ...done }, output: recorded(tool, done.result) };
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

/** What the trace keeps of a result: the words of passages stand in them, not once more in a text for a model. */
function recorded({ yields }: Tool, result: ToolResult): Partial<ToolResult> {
  const { data, isError } = result;
  const holdsPassages = data !== null && typeof data === 'object' && 'passages' in data;
  return yields === 'passages' && !isError && holdsPassages ? { data, isError } : result;
}

type Performed = Omit<CalledTool, 'tool'>;

/** Failures that say that nothing was changed. */
const WITHOUT_EFFECT: ReadonlySet<ErrorCode> = new Set([
  'TOOL_INVALID_INPUT',
  'TOOL_NOT_FOUND',
  'TOOL_FORBIDDEN',
  'TOOL_NEEDS_APPROVAL',
  'BUDGET_EXCEEDED',
]);

async function perform(context: NodeContext, tool: Tool, given: unknown, request: ToolRequest): Promise<Performed> {
  const { run } = context;
  const { id } = request;
  const recalled = await run.journal.recall<Performed>(run.runId, id);
  if (recalled.state === 'done') {
    if (!run.spentBefore(id)) context.spend({ steps: 1 });
    return recalled.value;
  }
  if (tool.outside === true && tool.effects === 'read')
    checkOutsideCall(tool, given, { own: run.own, afterUntrusted: request.afterUntrusted });
  const repeatable = tool.effects === 'read' || tool.idempotent === true;
  const unknown = recalled.state === 'started' && !repeatable;
  const input =
    tool.effects === 'read'
      ? given
      : await approvedInput(context, tool, given, request, unknown ? recalled.attempts : 0);
  context.checkToolBudget();
  context.spend({ steps: 1 });
  context.signal.throwIfAborted();
  if (!repeatable) {
    run.journal.start(run.runId, id);
    await run.journal.settled(); // that it began must be known before it can have an effect
  }
  const deadline = startDeadline(tool.timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline.signal]);
  let running = true; // what a tool tells after its end, as one that ignores its signal may, belongs to no run
  try {
    const onStep = (step: ToolStep) => {
      if (running) run.part(id, step);
    };
    const result = await untilAborted(tool.run(input, { caller: run.caller, callId: id, signal, onStep }), signal);
    run.journal.finish(run.runId, id, { input, result });
    if (tool.effects === 'write') {
      run.finding({
        severity: 'info',
        code: 'write-done',
        message: `${tool.name} was called with ${JSON.stringify(input)}${result.isError ? ' and refused' : ''}`,
        where: id,
      });
    }
    return { input, result };
  } catch (thrown) {
    const error = toFieldkitError(thrown, 'TOOL_FAILED', tool.name);
    if (repeatable || WITHOUT_EFFECT.has(error.code)) {
      run.journal.forgetStep(run.runId, id);
      throw error;
    }
    throw new FieldkitError(
      'TOOL_OUTCOME_UNKNOWN',
      `${tool.name} failed on the way (${error.code}); it may or may not have taken effect. Do not call it again; say that its outcome has to be checked`,
      { cause: error },
    );
  } finally {
    deadline.end();
    running = false;
  }
}

/** The input that may be used for a write: as given when it is granted or approved, as a person changed it otherwise. */
async function approvedInput(
  { run }: NodeContext,
  tool: Tool,
  input: unknown,
  { id, afterUntrusted }: ToolRequest,
  attempts: number,
): Promise<unknown> {
  const granted = run.plan.granted.includes(tool.name) && !run.replayed;
  if (attempts === 0 && granted && !afterUntrusted) return input;
  const reason: Approval['reason'] = attempts > 0 ? 'outcome-unknown' : granted ? 'untrusted-context' : 'write';
  const code = reason === 'outcome-unknown' ? 'TOOL_OUTCOME_UNKNOWN' : 'TOOL_NEEDS_APPROVAL';
  if (run.plan.approval.mode === 'refuse') throw new FieldkitError(code, `${tool.name} ${REFUSALS[reason]}`);
  // A new question for each start without a known end: what was approved once is not approved twice.
  const approval = await run.approvals.request(run.caller, {
    id: `${id}:${reason}${attempts > 0 ? `:${attempts}` : ''}`,
    runId: run.runId,
    tool: tool.name,
    input,
    reason,
  });
  switch (approval.state) {
    case 'approved':
    case 'edited':
      run.finding({
        severity: 'info',
        code: 'tool-approved',
        message: `${tool.name} was ${approval.state} by ${approval.decidedBy ?? 'somebody'}`,
        where: id,
      });
      return approval.input;
    case 'rejected':
    case 'expired': {
      const decided =
        approval.state === 'expired'
          ? `nobody decided about the call of ${tool.name} before ${approval.expiresAt}`
          : `the call of ${tool.name} was rejected by ${approval.decidedBy ?? 'somebody'}`;
      throw new FieldkitError('TOOL_FORBIDDEN', `${decided}; ${NOT_DONE[reason]}`);
    }
    case 'pending':
      run.emit({ type: 'approval-request', approval });
      throw new FieldkitError(code, `${tool.name} ${REFUSALS[reason]}`, { details: { approval: approval.id } });
  }
}

const NOT_DONE: Readonly<Record<Approval['reason'], string>> = {
  write: 'it was not made',
  'untrusted-context': 'it was not made',
  'outcome-unknown':
    'it was not repeated. Whether it took effect before the interruption is not known: look in the system that it writes to',
};

const REFUSALS: Readonly<Record<Approval['reason'], string>> = {
  write: 'changes something and was not approved; grant it in the pipeline plan or approve the call',
  'untrusted-context':
    'is granted, but text from outside was read before it was chosen; a person has to approve the call',
  'outcome-unknown':
    'began before the run was interrupted and may have taken effect; a person has to say whether to repeat it',
};

/** Whether a failure means that the run waits for a person. */
export function waitsForApproval(error: FieldkitError): boolean {
  return error.details.approval !== undefined && ['TOOL_NEEDS_APPROVAL', 'TOOL_OUTCOME_UNKNOWN'].includes(error.code);
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

/** Arguments that the tool declares: what a text talked the model into adding goes no further. */
function declaredInput({ run, name }: NodeContext, tool: Tool, input: unknown): unknown {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return input;
  const { additionalProperties: more } = tool.inputSchema;
  const declared = schemaProperties(tool.inputSchema).map(([key]) => key);
  const open = more === true || (more !== null && typeof more === 'object') || declared.length === 0;
  const kept = Object.entries(input).filter(([key]) => (open ? key !== '__proto__' : declared.includes(key)));
  const dropped = Object.keys(input).filter((key) => !kept.some(([known]) => known === key));
  if (dropped.length === 0) return input;
  run.finding({
    severity: 'warning',
    code: 'argument-dropped',
    message: `${tool.name} has no argument ${dropped.map((key) => `"${key.slice(0, 60)}"`).join(', ')}; it was called without`,
    where: name,
  });
  return Object.fromEntries(kept);
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
