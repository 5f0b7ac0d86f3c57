import { type Caller, type Clock, callerKey, FieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import type { Store } from './store.ts';

/** A write that waits for a person. */
export const approvalSchema = z.object({
  id: z.string(),
  runId: z.string(),
  tool: z.string(),
  input: z.unknown(),
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
  /** The request as it stands, made when it is new. */
  request(caller: Caller, request: Pick<Approval, 'id' | 'runId' | 'tool' | 'input' | 'reason'>): Approval;
  pending(caller: Caller): Approval[];
  /** @throws {FieldkitError} `INVALID_OPTION` when it is not there, not the caller's, or no longer pending. */
  decide(caller: Caller, id: string, decision: Decision): Approval;
  forgetRun(runId: string): void;
}

export function createApprovals(store: Store, clock: Clock, expirySeconds: number): Approvals {
  const read = (row: Record<string, unknown> | undefined): Approval | undefined => {
    if (row === undefined) return undefined;
    const approval = approvalSchema.parse(JSON.parse(String(row.approval)));
    return approval.state === 'pending' && Number(row.expires_at) <= clock.now()
      ? { ...approval, state: 'expired' }
      : approval;
  };
  const write = (caller: Caller, approval: Approval) =>
    store
      .prepare('INSERT OR REPLACE INTO approvals VALUES (?, ?, ?, ?, ?, ?)')
      .run(
        approval.id,
        approval.runId,
        callerKey(caller),
        approval.state,
        Date.parse(approval.expiresAt),
        JSON.stringify(approval),
      );
  return {
    request(caller, request) {
      const known = read(store.prepare('SELECT * FROM approvals WHERE id = ?').get(request.id));
      if (known !== undefined) return known;
      const now = clock.now();
      const approval: Approval = {
        ...request,
        state: 'pending',
        requestedAt: new Date(now).toISOString(),
        expiresAt: new Date(now + expirySeconds * 1000).toISOString(),
      };
      write(caller, approval);
      return approval;
    },
    pending(caller) {
      const rows = store
        .prepare(`SELECT * FROM approvals WHERE caller = ? AND state = 'pending' ORDER BY id`)
        .all(callerKey(caller));
      return rows.flatMap((row) => read(row) ?? []).filter(({ state }) => state === 'pending');
    },
    decide(caller, id, { decision, input, by }) {
      const row = store.prepare('SELECT * FROM approvals WHERE id = ? AND caller = ?').get(id, callerKey(caller));
      const approval = read(row);
      if (approval === undefined)
        throw new FieldkitError('INVALID_OPTION', `there is no approval ${id} of this caller`);
      if (approval.state !== 'pending') {
        throw new FieldkitError(
          'INVALID_OPTION',
          `the approval ${id} is ${approval.state} and can no longer be decided`,
        );
      }
      const decided: Approval = {
        ...approval,
        ...(decision === 'edit' ? { input } : {}),
        state: decision === 'approve' ? 'approved' : decision === 'edit' ? 'edited' : 'rejected',
        decidedBy: by,
      };
      write(caller, decided);
      return decided;
    },
    forgetRun(runId) {
      store.prepare('DELETE FROM approvals WHERE run_id = ?').run(runId);
    },
  };
}
