import { z } from 'zod';
import { callJson } from '../call-json.ts';
import type { NodeContext } from '../call-model.ts';
import type { DelegateSpec } from '../plan.ts';
import { defaultPrompts, parsePrompt, renderPrompt } from '../prompts.ts';
import { type AgentState, type StatePatch, standaloneQuestion } from '../state.ts';
import { collectWithin, openEvidence, runToolRounds } from '../tool-rounds.ts';

/** A supervisor assigns parts of the question; each specialist collects with its own tools and bounds, one after the other. */
export async function runDelegate(state: AgentState, context: NodeContext<DelegateSpec>): Promise<StatePatch> {
  const { run, spec, prompt } = context;
  const evidence = openEvidence(state.evidence, context);
  const question = standaloneQuestion(state);
  const language = state.understanding?.language ?? 'und';
  const names = Object.keys(spec.specialists);
  const work = async (): Promise<void> => {
    const specialists = Object.entries(spec.specialists).map(([name, { description }]) => `- ${name}: ${description}`);
    const text = { type: 'string' };
    const assignment = {
      type: 'object',
      properties: { specialist: { type: 'string', enum: names, default: names[0] }, question: text },
      required: ['specialist', 'question'],
      additionalProperties: false,
    };
    const made = await callJson(context, {
      system: renderPrompt(prompt, { specialists: specialists.join('\n') }),
      user: question,
      name: 'assignments',
      schema: {
        type: 'object',
        properties: { assignments: { type: 'array', items: assignment } },
        required: ['assignments'],
        additionalProperties: false,
      },
      parse: z.object({
        assignments: z.array(z.object({ specialist: z.enum(names), question: z.string().min(1).max(2_000) })).min(1),
      }),
    });
    // Without an assignment everybody is asked.
    const assignments = made?.assignments ?? names.map((specialist) => ({ specialist, question }));
    for (const { specialist, question: part } of assignments.slice(0, names.length * 2)) {
      const own = spec.specialists[specialist];
      if (own === undefined || context.stepsLeft() <= 2) continue;
      run.count('delegations');
      await runToolRounds(context, {
        system: `${renderPrompt(parsePrompt(defaultPrompts.gather), { language, marker: run.marker })}\n\nYou are the specialist for: ${own.description}`,
        question: part,
        tools: run.tools.filter(({ name }) => own.tools.includes(name)),
        rounds: own.rounds,
        maxCalls: own.maxCalls,
        concurrency: spec.concurrency,
        afterUntrusted: evidence.all().length > 0 || state.history.length > 0,
        evidence,
      });
    }
  };
  return { evidence: await collectWithin(context, evidence, work) };
}
