import { passageSchema, retrievalFilterSchema } from '@fieldkit/core';
import { z } from 'zod';
import { parseInput, readJsonBody } from '../http/read-body.ts';
import type { Route } from '../route.ts';
import type { Services } from '../services.ts';

const searchSchema = z.strictObject({
  query: z.string().trim().min(1).max(2_000),
  /** 1 to 50, default 8. */
  limit: z.number().int().min(1).max(50).default(8),
  filter: retrievalFilterSchema.optional(),
});

export function searchRoute({ project, config }: Services): Route {
  return {
    method: 'POST',
    path: '/api/search',
    access: 'user',
    tag: 'knowledge',
    summary: 'Passages for a query, best first, with the ranks that each way of searching gave them.',
    body: searchSchema,
    response: z.object({ durationMs: z.number(), passages: z.array(passageSchema) }),
    async handle({ request, principal, signal }) {
      const { query, limit, filter } = parseInput(searchSchema, await readJsonBody(request, config.limits.bodyBytes));
      const started = performance.now();
      const passages = await project.search(query, principal.caller, {
        limit,
        signal,
        ...(filter === undefined ? {} : { filter }),
      });
      return Response.json({ durationMs: performance.now() - started, passages });
    },
  };
}
