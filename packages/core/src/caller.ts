import { z } from 'zod';

/** Who asks. Sessions, runs, memory and caches are keyed by it; retrieval filters by it. */
export const callerSchema = z.object({
  tenant: z.string().min(1),
  subject: z.string().min(1),
  /** Access groups the caller belongs to; order and duplicates do not matter. */
  groups: z.array(z.string()).readonly(),
});
export type Caller = Readonly<z.infer<typeof callerSchema>>;

/** The tenant of a project that declares none. */
export const DEFAULT_TENANT = 'default';

/**
 * Whether `caller` may see something of `owner`: same tenant, and the owner names no group or one of the caller's.
 * Every place that shows a document, chunk or page asks this one function (or an equivalent database filter).
 */
export function maySee(
  caller: Caller,
  owner: { readonly tenant: string; readonly groups: readonly string[] },
): boolean {
  if (caller.tenant !== owner.tenant) return false;
  return owner.groups.length === 0 || owner.groups.some((group) => caller.groups.includes(group));
}

/** A stable key of the caller's identity, for sessions, runs and caches. */
export function callerKey(caller: Caller): string {
  return JSON.stringify([caller.tenant, caller.subject, [...new Set(caller.groups)].sort()]);
}
