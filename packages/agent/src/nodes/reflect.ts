import { z } from 'zod';
import { callJson } from '../call-json.ts';
import type { NodeContext } from '../call-model.ts';
import type { ReflectSpec } from '../plan.ts';
import { renderPrompt } from '../prompts.ts';
import { type AgentState, type StatePatch, standaloneQuestion } from '../state.ts';

const judgementSchema = z.object({
  relevance: z.number().min(0).max(1),
  missing: z.string().max(500).default(''),
});

/** Judges the answer that was held back; emits it, or goes back for more while loops are left. */
export async function runReflect(state: AgentState, context: NodeContext<ReflectSpec>): Promise<StatePatch> {
  const { run, spec } = context;
  const { outcome, reflections = 0 } = state;
  if (outcome === undefined) return { next: undefined };
  if (reflections < spec.loops && outcome.status !== 'refused' && outcome.status !== 'failed') {
    const missing = await findMissing(state, context);
    if (missing !== undefined && context.stepsLeft() > 2) {
      run.count('reflections');
      return { next: spec.back, missing, reflections: reflections + 1, outcome: undefined };
    }
  }
  for (const citation of outcome.citations) run.emit({ type: 'citation', citation });
  run.emit({ type: 'text-delta', text: outcome.text });
  return { next: undefined, missing: undefined };
}

/** What to look for when the answer is below a threshold; undefined when it is good enough. */
async function findMissing(state: AgentState, context: NodeContext<ReflectSpec>): Promise<string | undefined> {
  const { run, spec, prompt } = context;
  const question = standaloneQuestion(state);
  const released = run.counted('sentencesReleased');
  const dropped = run.counted('sentencesDropped');
  const groundedness = released + dropped === 0 ? 1 : released / (released + dropped);
  const judgement = await callJson(context, {
    system: renderPrompt(prompt, {}),
    user: `Question: ${question}\n\nAnswer: ${state.outcome?.text ?? ''}`,
    name: 'judgement',
    schema: {
      type: 'object',
      properties: { relevance: { type: 'number', minimum: 0, maximum: 1 }, missing: { type: 'string', default: '' } },
      required: ['relevance', 'missing'],
      additionalProperties: false,
    },
    parse: judgementSchema,
  });
  if (judgement === undefined) return undefined; // no judgement is no reason to go back
  const good = groundedness >= spec.groundedness && judgement.relevance >= spec.relevance;
  run.finding({
    severity: 'info',
    code: 'reflection',
    message: `${context.name}: groundedness ${groundedness.toFixed(2)}, relevance ${judgement.relevance.toFixed(2)}: ${good ? 'good enough' : 'below the threshold'}`,
    where: context.name,
  });
  return good ? undefined : judgement.missing || question;
}
