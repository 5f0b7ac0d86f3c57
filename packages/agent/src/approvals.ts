import { type Caller, type Clock, callerKey, FieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import type { Store } from './store.ts';

/** A write that waits for a person. */
export const approvalSchema = z.object({
  id: z.string(),
  runId: z.string(),
  tool: z.string(),
  input: z.unknown(),
  /** What was asked for, when a person changed `input`. */
  proposed: z.unknown().optional(),
  /**
   * `write`: the tool changes something. `untrusted-context`: it was granted, but text from outside was read before it was chosen.
   * `outcome-unknown`: it may have taken effect before a crash; approving does it again, rejecting leaves it.
   */
  reason: z.enum(['write', 'untrusted-context', 'outcome-unknown']),
  state: z.enum(['pending', 'approved', 'edited', 'rejected', 'expired']),
  /** ISO 8601. */
  requestedAt: z.string(),
  expiresAt: z.string(),
  decidedBy: z.string().optional(),
});
export type Approval = Readonly<z.infer<typeof approvalSchema>>;

export interface Decision {
  readonly decision: 'approve' | 'edit' | 'reject';
  /** With `edit`: the input to use instead. */
  readonly input?: unknown;
  /** Who decided, for the record. */
  readonly by: string;
}

export interface Approvals {
  /** The request as it stands, made when it is new; what was decided holds for the same call of the same tool only. */
  request(caller: Caller, request: Pick<Approval, 'id' | 'runId' | 'tool' | 'input' | 'reason'>): Promise<Approval>;
  /** Those of the caller's runs that have not ended. */
  list(caller: Caller): Promise<Approval[]>;
  /** @throws {FieldkitError} `INVALID_OPTION` when it is not there, not the caller's, or no longer pending. */
  decide(caller: Caller, id: string, decision: Decision): Promise<Approval>;
  forgetRun(runId: string): void;
}

function isSameCall(known: Approval, { tool, input }: Pick<Approval, 'tool' | 'input'>): boolean {
  const asked = known.proposed ?? known.input;
  return known.tool === tool && isSame(asked, input);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function createApprovals(store: Store, clock: Clock, expirySeconds: number): Approvals {
  const read = (row: Record<string, unknown> | undefined): Approval | undefined => {
    if (row === undefined) return undefined;
    const approval = approvalSchema.parse(JSON.parse(String(row.approval)));
    return approval.state === 'pending' && Number(row.expires_at) <= clock.now()
      ? { ...approval, state: 'expired' }
      : approval;
  };
  const write = async (caller: Caller, approval: Approval): Promise<Approval> => {
    store.write(
      `INSERT INTO approvals (id, run_id, caller, state, expires_at, approval) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at, approval = excluded.approval`,
      approval.id,
      approval.runId,
      callerKey(caller),
      approval.state,
      Date.parse(approval.expiresAt),
      JSON.stringify(approval),
    );
    await store.settled();
    return approval;
  };
  return {
    async request(caller, request) {
      const [row] = await store.all('SELECT approval, expires_at FROM approvals WHERE id = ?', request.id);
      const known = read(row);
      if (known !== undefined && isSameCall(known, request)) return known;
      const now = clock.now();
      const approval: Approval = {
        ...request,
        state: 'pending',
        requestedAt: new Date(now).toISOString(),
        expiresAt: new Date(now + expirySeconds * 1000).toISOString(),
      };
      return write(caller, approval);
    },
    async list(caller) {
      const rows = await store.all(
        'SELECT approval, expires_at FROM approvals WHERE caller = ? ORDER BY id',
        callerKey(caller),
      );
      return rows.flatMap((row) => read(row) ?? []);
    },
    async decide(caller, id, { decision, input, by }) {
      const [row] = await store.all(
        'SELECT approval, expires_at FROM approvals WHERE id = ? AND caller = ?',
        id,
        callerKey(caller),
      );
      const approval = read(row);
      if (approval === undefined)
        throw new FieldkitError('INVALID_OPTION', `there is no approval ${id} of this caller`);
      if (approval.state !== 'pending') {
        throw new FieldkitError(
          'INVALID_OPTION',
          `the approval ${id} is ${approval.state}${approval.state === 'expired' ? ` since ${approval.expiresAt}` : ` by ${approval.decidedBy ?? 'somebody'}`} and can no longer be decided; resume the run ${approval.runId}${approval.state === 'expired' ? ', which goes on without the call, or ask again' : ''}`,
        );
      }
      const decided: Approval = {
        ...approval,
        ...(decision === 'edit' ? { input, proposed: approval.input } : {}),
        state: decision === 'approve' ? 'approved' : decision === 'edit' ? 'edited' : 'rejected',
        decidedBy: by,
      };
      store.write(
        `UPDATE approvals SET state = ?, approval = ? WHERE id = ? AND state = 'pending'`,
        decided.state,
        JSON.stringify(decided),
        id,
      );
      await store.settled();
      const [now] = await store.all('SELECT approval, expires_at FROM approvals WHERE id = ?', id);
      const stands = read(now);
      const { state, decidedBy } = decided;
      if (stands?.state === state && stands.decidedBy === decidedBy && isSame(stands.input, decided.input))
        return stands;
      throw new FieldkitError(
        'INVALID_OPTION',
        `the approval ${id} was ${stands?.state ?? 'taken back'} by ${stands?.decidedBy ?? 'somebody'} in the meantime; what they decided holds`,
      );
    },
    forgetRun(runId) {
      store.write('DELETE FROM approvals WHERE run_id = ?', runId);
    },
  };
}
