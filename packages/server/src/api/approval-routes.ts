import { type Approval, approvalSchema } from '@fieldkit/agent';
import type { Run } from '@fieldkit/core';
import { z } from 'zod';
import { maySeeRun, type Principal } from '../auth/principal.ts';
import { badRequest, notFound } from '../http/http-failure.ts';
import { parseInput, readJsonBody } from '../http/read-body.ts';
import type { Route } from '../route.ts';
import type { Services } from '../services.ts';
import { visibleRun } from './run-routes.ts';

const decisionSchema = z.strictObject({
  /** As `GET /api/approvals` gives it. */
  id: z.string().min(1).max(200),
  decision: z.enum(['approve', 'edit', 'reject']),
  /** With `edit`: the arguments to use instead. */
  input: z.record(z.string(), z.unknown()).optional(),
});

/** Newest runs in which open requests are looked for. */
const LOOKED_AT = 2_000;

/** What waits for a person before a tool writes: everybody sees their own, an operator decides for the tenant. */
export function approvalRoutes({ project, audit, config }: Services): Route[] {
  /** Of runs that the principal may see. */
  const visible = async (principal: Principal): Promise<{ approval: Approval; run: Run }[]> => {
    const agent = await project.agent();
    const waiting = project.runs
      .list(LOOKED_AT)
      .filter(({ status }) => status === 'waiting')
      .flatMap(({ id }) => project.runs.get(id) ?? [])
      .filter((run) => maySeeRun(principal, run));
    const callers = new Map(waiting.map(({ caller }) => [JSON.stringify(caller), caller]));
    const approvals = (await Promise.all([...callers.values()].map((caller) => agent.approvals(caller)))).flat();
    return approvals.flatMap((approval) => {
      const run = waiting.find(({ id }) => id === approval.runId);
      return run === undefined ? [] : [{ approval, run }];
    });
  };

  return [
    {
      method: 'GET',
      path: '/api/approvals',
      access: 'user',
      tag: 'runs',
      summary: 'Calls of writing tools that wait for a person, with the arguments that would be used.',
      response: z.object({ approvals: z.array(approvalSchema) }),
      handle: async ({ principal }) =>
        Response.json({ approvals: (await visible(principal)).map(({ approval }) => approval) }),
    },
    {
      method: 'POST',
      path: '/api/approvals',
      access: 'operator',
      tag: 'runs',
      summary: 'Approves, edits or rejects one of them; POST /api/runs/ID/resume then goes on with its run.',
      body: decisionSchema,
      response: approvalSchema,
      async handle({ request, principal }) {
        const { id, decision, input } = parseInput(
          decisionSchema,
          await readJsonBody(request, config.limits.bodyBytes),
        );
        const found = (await visible(principal)).find(({ approval }) => approval.id === id);
        if (found === undefined) throw notFound('nothing of that id waits for a decision', 'approval_not_found');
        if ((decision === 'edit') !== (input !== undefined))
          throw badRequest('input goes with edit, and edit needs it', 'input');
        const { approval, run } = found;
        if (input !== undefined) await requireFit(approval.tool, input);
        const agent = await project.agent();
        const decided = await agent.decide(run.caller, id, {
          decision,
          ...(input === undefined ? {} : { input }),
          by: principal.id,
        });
        const { tenant } = principal.caller;
        audit.append({ action: 'approval', actor: principal.id, tenant, target: id, outcome: decided.state });
        return Response.json(decided);
      },
    },
    {
      method: 'POST',
      path: '/api/runs/:id/resume',
      access: 'user',
      tag: 'runs',
      summary:
        'Goes on with a run that waits for a person or was interrupted, and gives its answer; what ended is not done again.',
      async handle({ principal, params, signal }) {
        const { id, caller } = await openRun(params.id ?? '', principal);
        for await (const event of project.resume(id, { caller, signal })) {
          if (event.type !== 'run-end') continue;
          const { answer, run } = event;
          audit.append({
            action: 'resume',
            actor: principal.id,
            tenant: principal.caller.tenant,
            target: id,
            outcome: answer.status,
          });
          return Response.json({ answer, ...(run.error === undefined ? {} : { error: run.error }) });
        }
        throw notFound('there is no such run', 'run_not_found');
      },
    },
  ];

  /** One that was killed is known to the agent only. */
  async function openRun(id: string, principal: Principal): Promise<Pick<Run, 'id' | 'caller'>> {
    const stored = project.runs.get(id);
    const own = stored === undefined ? await (await project.agent()).unfinished(principal.caller) : [];
    return own.some(({ runId }) => runId === id) ? { id, caller: principal.caller } : visibleRun(stored, principal);
  }

  /** A request is decided once: arguments that the tool would refuse must not be what it is decided with. */
  async function requireFit(name: string, input: Readonly<Record<string, unknown>>): Promise<void> {
    const tool = (await project.approvedTools()).find((known) => known.name === name);
    if (tool === undefined) return;
    const { compileSchema } = await import('@fieldkit/mcp-tools');
    const problems = compileSchema(tool.inputSchema)(input);
    if (problems.length > 0) throw badRequest(`input does not fit ${name}: ${problems.join('; ')}`, 'input');
  }
}
