import { createHash } from 'node:crypto';
import { FieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import { canonicalJson } from '../ledger/identity.ts';
import type { Summary } from '../summary.ts';

/** What must be reached, written down before the run: `evals/criteria.json`. */
export const criteriaSchema = z.strictObject({
  gates: z
    .array(
      z.strictObject({
        /** Name of a scorer. */
        scorer: z.string().min(1),
        /** Least value, 0 to 1. */
        atLeast: z.number().min(0).max(1),
        /** What is compared: the mean, or (harder) the lower end of its 95 % interval. Default mean. */
        by: z.enum(['mean', 'low']).default('mean'),
        /** Whether unjudged items count as 0. Default true: an outage is no excuse. */
        ofAll: z.boolean().default(true),
        /** Only cases of this kind or split. */
        kind: z.string().optional(),
        split: z.string().optional(),
        /** Fewer judged items than this miss the gate. Default 1. */
        items: z.number().int().min(1).default(1),
      }),
    )
    .min(1),
  /** Hash of the dataset that the criteria were fixed for; another one moves the gate. */
  dataset: z.string().optional(),
});
export type Criteria = Readonly<z.infer<typeof criteriaSchema>>;

export interface GateResult {
  readonly gate: string;
  readonly outcome: 'passed' | 'missed';
  readonly value: number | null;
  readonly atLeast: number;
  readonly items: number;
}

export interface GateReport {
  /** `moved`: criteria or dataset are not the ones that were fixed; nothing is passed then. */
  readonly outcome: 'passed' | 'missed' | 'moved';
  /** SHA-256 of the criteria, to be compared with the one noted when they were fixed. */
  readonly criteriaHash: string;
  readonly gates: readonly GateResult[];
  readonly reason: string;
}

/** @throws {FieldkitError} `INVALID_CONFIG` naming the path. */
export function parseCriteria(value: unknown, where: string): Criteria {
  const result = criteriaSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FieldkitError(
    'INVALID_CONFIG',
    `${where}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    { cause: result.error },
  );
}

export function hashCriteria(criteria: Criteria): string {
  return createHash('sha256').update(canonicalJson(criteria)).digest('hex');
}

/** Compares a summary with criteria. `fixedHash` is the hash noted when the criteria were fixed, `dataset` that of the cases that were run. */
export function checkGates(
  summary: Summary,
  criteria: Criteria,
  { fixedHash, dataset }: { readonly fixedHash?: string; readonly dataset?: string } = {},
): GateReport {
  const criteriaHash = hashCriteria(criteria);
  const gates = criteria.gates.map((gate): GateResult => {
    const found = summary.scores.find(({ scorer }) => scorer === gate.scorer);
    const estimate =
      gate.kind !== undefined
        ? found?.byKind[gate.kind]
        : gate.split !== undefined
          ? found?.bySplit[gate.split]
          : found?.overall;
    const value =
      estimate === undefined
        ? null
        : gate.by === 'low'
          ? estimate.scored === 0
            ? null
            : estimate.low
          : gate.ofAll
            ? estimate.ofAll
            : estimate.mean;
    const items = estimate?.scored ?? 0;
    const where = gate.kind === undefined ? (gate.split === undefined ? '' : ` on ${gate.split}`) : ` for ${gate.kind}`;
    const passed = value !== null && value >= gate.atLeast && items >= gate.items;
    return {
      gate: `${gate.scorer}${where}`,
      outcome: passed ? 'passed' : 'missed',
      value,
      atLeast: gate.atLeast,
      items,
    };
  });
  const moved =
    fixedHash !== undefined && fixedHash !== criteriaHash
      ? 'the criteria are not the ones that were fixed'
      : criteria.dataset !== undefined && dataset !== undefined && criteria.dataset !== dataset
        ? 'the dataset is not the one that the criteria were fixed for'
        : undefined;
  const missed = gates.filter(({ outcome }) => outcome === 'missed');
  const outcome = moved !== undefined ? 'moved' : missed.length > 0 ? 'missed' : 'passed';
  const reason =
    moved ??
    (missed.length === 0 ? `all ${gates.length} gates passed` : `missed: ${missed.map(({ gate }) => gate).join(', ')}`);
  return { outcome, criteriaHash, gates, reason };
}
