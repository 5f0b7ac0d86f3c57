import { formatEvidence } from '@fieldkit/core';
import { z } from 'zod';
import { callJson } from '../call-json.ts';
import type { NodeContext } from '../call-model.ts';
import { fitEvidence } from '../collect-evidence.ts';
import { shownItem } from '../guards.ts';
import type { PlanSpec } from '../plan.ts';
import { defaultPrompts, parsePrompt, renderPrompt } from '../prompts.ts';
import { type AgentState, type Evidence, type StatePatch, standaloneQuestion } from '../state.ts';
import { collectWithin, openEvidence, runToolRounds } from '../tool-rounds.ts';

const taskSchema = z.object({
  id: z.string().min(1),
  question: z.string().min(1).max(2_000),
  needs: z.array(z.string()).default([]),
});
type Task = z.infer<typeof taskSchema>;

/** Evidence of earlier tasks shown to one that builds on them, in estimated tokens. */
const TOKENS_BETWEEN_TASKS = 2_000;

/** Breaks the question into tasks and collects evidence for each, in an order in which every task finds what it needs. */
export async function runPlan(state: AgentState, context: NodeContext<PlanSpec>): Promise<StatePatch> {
  const { run, spec } = context;
  const evidence = openEvidence(state.evidence, context);
  const question = standaloneQuestion(state);
  const language = state.understanding?.language ?? 'und';
  const tools = run.tools.filter(({ name }) => spec.tools === undefined || spec.tools.includes(name));
  const found = new Map<string, readonly Evidence[]>();
  let replans = spec.replans;
  let callsLeft = spec.maxCalls;

  const runTask = async (task: Task): Promise<boolean> => {
    const before = evidence.all().length;
    const known = task.needs.flatMap((id) => found.get(id) ?? []);
    const { shown } = fitEvidence(known, TOKENS_BETWEEN_TASKS);
    const calls = run.counted('toolCalls');
    await runToolRounds(context, {
      system: renderPrompt(parsePrompt(defaultPrompts.gather), { language, marker: run.marker }),
      question: task.question,
      prompt:
        shown.length === 0
          ? task.question
          : `${task.question}\n\n${formatEvidence(
              shown.map(({ item }) => shownItem(item)),
              run.marker,
            )}`,
      tools,
      rounds: spec.rounds,
      maxCalls: Math.max(1, callsLeft),
      concurrency: spec.concurrency,
      afterUntrusted: before > 0 || state.history.length > 0,
      evidence,
    });
    callsLeft -= run.counted('toolCalls') - calls;
    found.set(task.id, evidence.all().slice(before));
    return evidence.all().length > before;
  };

  const work = async (): Promise<void> => {
    const tasks = inOrder((await makePlan(context, question)) ?? [{ id: 'question', question, needs: [] }]);
    run.count('tasks', tasks.length);
    for (const task of tasks) {
      if (context.stepsLeft() <= 2) return;
      if ((await runTask(task)) || replans <= 0 || context.stepsLeft() <= 3) continue;
      replans -= 1;
      run.count('replans');
      const again = await makePlan(
        context,
        `${task.question}\n(Nothing was found for this as it stands: ask differently.)`,
      );
      for (const other of inOrder(again ?? [])) await runTask({ ...other, needs: task.needs });
    }
  };
  return { evidence: await collectWithin(context, evidence, work) };
}

async function makePlan(context: NodeContext<PlanSpec>, question: string): Promise<Task[] | undefined> {
  const { spec, prompt } = context;
  const text = { type: 'string' };
  const task = {
    type: 'object',
    properties: { id: text, question: text, needs: { type: 'array', items: text, default: [] } },
    required: ['id', 'question', 'needs'],
    additionalProperties: false,
  };
  const made = await callJson(context, {
    system: renderPrompt(prompt, { maxTasks: String(spec.maxTasks) }),
    user: question,
    name: 'tasks',
    schema: {
      type: 'object',
      properties: { tasks: { type: 'array', items: task } },
      required: ['tasks'],
      additionalProperties: false,
    },
    parse: z.object({ tasks: z.array(taskSchema).min(1) }),
  });
  return made?.tasks.slice(0, spec.maxTasks);
}

/** Every task after those it needs; needs that are unknown or go round in a circle are left out. */
export function inOrder(tasks: readonly Task[]): Task[] {
  const ordered: Task[] = [];
  const left = [...tasks];
  while (left.length > 0) {
    const done = new Set(ordered.map(({ id }) => id));
    const open = new Set(left.map(({ id }) => id));
    const ready = left.findIndex(({ needs }) => needs.every((id) => done.has(id) || !open.has(id)));
    const [task] = left.splice(Math.max(0, ready), 1);
    if (task !== undefined) ordered.push({ ...task, needs: task.needs.filter((id) => done.has(id)) });
  }
  return ordered;
}
