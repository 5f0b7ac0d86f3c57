import { z } from 'zod';
import { callJson } from '../call-json.ts';
import type { NodeContext } from '../call-model.ts';
import type { RouteSpec } from '../plan.ts';
import { renderPrompt } from '../prompts.ts';
import { type AgentState, type StatePatch, standaloneQuestion } from '../state.ts';

/** Chooses the next node. One choice costs no model call. */
export async function runRoute(state: AgentState, context: NodeContext<RouteSpec>): Promise<StatePatch> {
  const { spec, prompt } = context;
  const names = Object.keys(spec.to);
  const first = names[0] ?? '';
  if (names.length === 1) return { next: first };
  const choices = Object.entries(spec.to).map(([name, when]) => `- ${name}: ${when}`);
  const chosen = await callJson(context, {
    system: renderPrompt(prompt, { choices: choices.join('\n') }),
    user: standaloneQuestion(state),
    name: 'route',
    schema: {
      type: 'object',
      properties: { next: { type: 'string', enum: names, default: first } },
      required: ['next'],
      additionalProperties: false,
    },
    parse: z.object({ next: z.string().refine((name) => names.includes(name), 'no such node') }),
  });
  return { next: chosen?.next ?? first };
}
