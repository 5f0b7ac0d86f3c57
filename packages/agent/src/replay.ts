import { FieldkitError, type Run } from '@fieldkit/core';
import { z } from 'zod';
import { nodeName, type PipelinePlan } from './plan.ts';
import { type AgentState, statePatchSchema, turnSchema } from './state.ts';

export interface ReplayOptions {
  /** The node to begin with; what came before is taken from the saved run. Default: the first. */
  readonly from?: string;
  /** A model alias in place of every node's own. */
  readonly model?: string;
  readonly signal?: AbortSignal;
}

const inputSchema = z.object({ question: z.string(), history: z.array(turnSchema).default([]) });

/**
 * The state in which a saved run came to a node.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when the plan has no such node, or the run never came to it or cannot be read.
 */
export function replayState(run: Run, plan: PipelinePlan, from?: string): AgentState {
  const names = plan.nodes.map(nodeName);
  if (from !== undefined && !names.includes(from)) {
    throw new FieldkitError('INVALID_OPTION', `there is no node "${from}"; the plan has ${names.join(', ')}`);
  }
  const input = inputSchema.safeParse(run.input);
  if (!input.success) throw new FieldkitError('INVALID_OPTION', `the run ${run.id} has no question to ask again`);
  const start: AgentState = { ...input.data, evidence: [], visits: 0 };
  if (from === undefined) return start;
  const nodes = run.steps.filter(({ kind }) => kind === 'node');
  const at = nodes.findIndex(({ name }) => name === from);
  if (at === -1) {
    throw new FieldkitError('INVALID_OPTION', `the run ${run.id} never came to "${from}"; replay it from the start`);
  }
  let state: AgentState = start;
  for (const { output, name } of nodes.slice(0, at)) {
    const patch = statePatchSchema.safeParse(output ?? {});
    if (!patch.success)
      throw new FieldkitError('INVALID_OPTION', `the output of "${name}" in ${run.id} cannot be read`);
    const known = Object.entries(patch.data).filter(([, value]) => value !== undefined);
    state = { ...state, ...Object.fromEntries(known) };
  }
  return { ...state, visits: at, entry: from };
}
