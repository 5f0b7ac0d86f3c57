import { type Run, runSchema } from '@fieldkit/core';
import type { RunSummary } from '@fieldkit/project';
import { maySeeRun, type Principal } from '../auth/principal.ts';
import { notFound } from '../http/http-failure.ts';
import type { Route } from '../route.ts';
import type { Services } from '../services.ts';
import { numberIn } from './query.ts';

/** Newest runs looked at for a list, and callers of runs remembered. */
const LOOKED_AT = 2_000;

/** Runs: one's own, or the tenant's for an operator. */
export function runRoutes({ project }: Services): Route[] {
  const callers = new Map<string, Run['caller']>();
  const callerOf = (id: string): Run['caller'] | undefined => {
    const known = callers.get(id) ?? project.runs.get(id)?.caller;
    if (known === undefined) return undefined;
    callers.set(id, known);
    const [oldest] = callers.keys();
    if (callers.size > 2 * LOOKED_AT && oldest !== undefined) callers.delete(oldest);
    return known;
  };
  return [
    {
      method: 'GET',
      path: '/api/runs',
      access: 'user',
      tag: 'runs',
      summary: 'The newest runs: question, status, time, steps.',
      query: { limit: 'rows at most, 1 to 200 (default 50)' },
      handle({ principal, query }) {
        const limit = numberIn(query, 'limit', { min: 1, max: 200, fallback: 50 });
        const runs: RunSummary[] = [];
        for (const summary of project.runs.list(LOOKED_AT)) {
          const caller = callerOf(summary.id);
          if (caller !== undefined && maySeeRun(principal, { caller })) runs.push(summary);
          if (runs.length === limit) break;
        }
        return Response.json({ runs });
      },
    },
    {
      method: 'GET',
      path: '/api/runs/:id',
      access: 'user',
      tag: 'runs',
      summary: 'One run with all its steps: inputs, outputs, time, tokens, cost, errors.',
      response: runSchema,
      handle: ({ principal, params }) => Response.json(visibleRun(project.runs.get(params.id ?? ''), principal)),
    },
  ];
}

/** @throws {HttpFailure} 404 when there is none, or none that the principal may see. */
export function visibleRun(run: Run | undefined, principal: Principal): Run {
  if (run === undefined || !maySeeRun(principal, run)) throw notFound('there is no such run', 'run_not_found');
  return run;
}
