import { type Caller, maySee, type Run } from '@fieldkit/core';
import type { KeyLimits } from '../server-config.ts';

/** Who a request comes from, and what that allows. */
export interface Principal {
  readonly caller: Caller;
  /** An operator also sees the tenant's runs, feedback, evaluations and configuration. Documents follow the caller's groups for both. */
  readonly role: 'user' | 'operator';
  /** What limits, quotas and logs go by: the key's id, or the token's subject. Never the key itself. */
  readonly id: string;
  readonly limits: KeyLimits;
}

/** Whether a principal may see a run: its own, or as an operator one whose caller was in no group that the operator is not in. */
export function maySeeRun({ caller, role }: Principal, run: Pick<Run, 'caller'>): boolean {
  return coversCaller(caller, run.caller) && (role === 'operator' || run.caller.subject === caller.subject);
}

/** Whether one caller may see all that another may: same tenant, and in each of its groups. */
export function coversCaller(caller: Caller, { tenant, groups }: Pick<Caller, 'tenant' | 'groups'>): boolean {
  return tenant === caller.tenant && groups.every((group) => maySee(caller, { tenant, groups: [group] }));
}
