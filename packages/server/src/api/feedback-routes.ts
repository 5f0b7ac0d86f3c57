import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DEFAULT_TENANT, toFieldkitError } from '@fieldkit/core';
import { type Case, caseSchema } from '@fieldkit/eval';
import { z } from 'zod';
import { HttpFailure, notFound } from '../http/http-failure.ts';
import { parseInput, readJsonBody } from '../http/read-body.ts';
import type { Route } from '../route.ts';
import type { Services } from '../services.ts';
import { type Feedback, feedbackSchema } from '../store/server-store.ts';
import { numberIn } from './query.ts';
import { visibleRun } from './run-routes.ts';

const newFeedbackSchema = z.strictObject({
  runId: z.string().min(1).max(100),
  verdict: z.enum(['up', 'down']),
  comment: z.string().max(5_000).default(''),
  /** What would have been right. */
  expected: z.string().min(1).max(5_000).optional(),
});

const newCaseSchema = z.strictObject({
  /** Right answers; default: what the feedback says would have been right. */
  references: z.array(z.string().min(1)).max(20).optional(),
  expect: z.enum(['answered', 'insufficient', 'refused']).default('answered'),
  /** Questions asked before in the same conversation. */
  history: z.array(z.string().min(1)).max(50).default([]),
});

/** Where cases made of feedback are added, a line each; `fieldkit eval run --questions` takes it. */
export const FEEDBACK_CASES = 'evals/feedback.jsonl';

/** What people think of answers, and how it becomes an evaluation case. */
export function feedbackRoutes({ project, store, audit, config, now }: Services): Route[] {
  const file = join(project.paths.root, FEEDBACK_CASES);
  return [
    {
      method: 'POST',
      path: '/api/feedback',
      access: 'user',
      tag: 'runs',
      summary: 'Says whether an answer was right, with a comment; the run stays with it.',
      body: newFeedbackSchema,
      response: feedbackSchema,
      async handle({ request, principal }) {
        const given = parseInput(newFeedbackSchema, await readJsonBody(request, config.limits.bodyBytes));
        const run = visibleRun(project.runs.get(given.runId), principal);
        const { expected, ...rest } = given;
        const feedback: Feedback = {
          id: randomUUID().slice(0, 18),
          ...rest,
          ...(expected === undefined ? {} : { expected }),
          caller: principal.caller,
          at: now().toISOString(),
        };
        store.addFeedback(feedback);
        const { tenant } = principal.caller;
        audit.append({ action: 'feedback', actor: principal.id, tenant, target: run.id, outcome: given.verdict });
        return Response.json(feedback, { status: 201 });
      },
    },
    {
      method: 'GET',
      path: '/api/feedback',
      access: 'operator',
      tag: 'runs',
      summary: "The tenant's feedback, newest first, each with its question.",
      query: { limit: 'rows at most, 1 to 200 (default 50)' },
      handle({ principal, query }) {
        const limit = numberIn(query, 'limit', { min: 1, max: 200, fallback: 50 });
        const feedback = store.listFeedback(principal.caller.tenant, limit).flatMap((one) => {
          const run = project.runs.get(one.runId);
          if (run === undefined) return [{ ...one, question: null, answer: null }];
          try {
            return [
              {
                ...one,
                question: fieldOf(visibleRun(run, principal).input, 'question'),
                answer: fieldOf(run.output, 'text'),
              },
            ];
          } catch {
            return []; // of somebody in a group that this operator is not in
          }
        });
        return Response.json({ feedback });
      },
    },
    {
      method: 'POST',
      path: '/api/feedback/:id/case',
      access: 'operator',
      tag: 'runs',
      summary: `Makes an evaluation case of a feedback: one line more in ${FEEDBACK_CASES}.`,
      body: newCaseSchema,
      response: caseSchema,
      async handle({ request, params, principal }) {
        const wanted = parseInput(newCaseSchema, await readJsonBody(request, config.limits.bodyBytes));
        const feedback = store.getFeedback(params.id ?? '');
        if (feedback === undefined || feedback.caller.tenant !== principal.caller.tenant) {
          throw notFound('there is no such feedback', 'feedback_not_found');
        }
        const run = visibleRun(project.runs.get(feedback.runId), principal);
        if (feedback.caseId !== undefined) {
          throw new HttpFailure({
            status: 409,
            type: 'invalid_request_error',
            code: 'case_exists',
            message: `this feedback is the case ${feedback.caseId} already`,
          });
        }
        const { references = feedback.expected === undefined ? [] : [feedback.expected], expect, history } = wanted;
        const { tenant, groups } = run.caller;
        const item: Case = caseSchema.parse({
          id: `feedback-${feedback.id}`,
          question: fieldOf(run.input, 'question') ?? '',
          references,
          expect,
          history,
          tags: ['feedback', `thumbs-${feedback.verdict}`],
          caller: { ...(tenant === DEFAULT_TENANT ? {} : { tenant }), groups: [...groups] },
        });
        addLine(file, item);
        store.setCase(feedback.id, item.id);
        audit.append({ action: 'case-new', actor: principal.id, tenant: principal.caller.tenant, target: item.id });
        return Response.json(item, { status: 201 });
      },
    },
  ];
}

/** One write of one line in append mode: two writers do not mix. */
function addLine(path: string, item: Case): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, `${JSON.stringify(item)}\n`);
  } catch (error) {
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot write ${path}`);
  }
}

function fieldOf(value: unknown, key: string): string | null {
  const field = value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
  return typeof field === 'string' ? field : null;
}
