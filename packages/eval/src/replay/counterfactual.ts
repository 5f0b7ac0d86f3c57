import type { ReplayCount } from '../analysis/attribution-summary.ts';
import type { Attribution } from '../attribution/attribute.ts';
import type { Cause } from '../attribution/causes.ts';
import { askTarget, scoreOutcome } from '../evaluate.ts';
import type { ScoreContext, Scorer } from '../scorer.ts';
import type { CaseResult } from '../summary.ts';
import type { Target } from '../target.ts';

/** One change to a target, everything else equal. */
export interface Change {
  readonly name: 'gold-context' | 'larger-k' | 'gold-tool-result' | 'stronger-model' | 'thinking-on' | (string & {});
  /** The causes that this change would prove. Default: it is tried on all. */
  readonly proves?: readonly Cause[];
}

/** Which causes each of the usual changes can prove. */
export const usualChanges: readonly Change[] = [
  {
    name: 'gold-context',
    proves: [
      'content-gap',
      'parse-loss',
      'filter-drop',
      'chunk-split',
      'retrieval-miss',
      'ranking-miss',
      'context-overflow',
    ],
  },
  { name: 'larger-k', proves: ['ranking-miss', 'retrieval-miss', 'context-overflow'] },
  { name: 'gold-tool-result', proves: ['tool-failure', 'bad-arguments', 'wrong-tool', 'missing-tool'] },
  {
    name: 'stronger-model',
    proves: [
      'not-extracted',
      'incomplete',
      'ungrounded',
      'over-refusal',
      'missed-refusal',
      'bad-arguments',
      'wrong-tool',
      'missing-tool',
    ],
  },
  { name: 'thinking-on', proves: ['not-extracted', 'incomplete', 'bad-arguments'] },
];

export interface ReplayOptions {
  /** The failed items with their first causes. */
  readonly failures: readonly { readonly result: CaseResult; readonly attribution: Attribution }[];
  readonly changes: readonly Change[];
  /** The target with one change, for one failed item (which it may look at); undefined when the change cannot be made for it. */
  readonly targetFor: (change: Change, result: CaseResult) => Target | undefined;
  readonly scorers: readonly Scorer[];
  /** Whether an item passes. The same test that made it fail. */
  readonly passes: (scores: CaseResult['scores']) => boolean;
  /** Unchanged replays of each item first, so that what passes by luck is not counted as fixed. Default 1; 0 leaves them out. */
  readonly controls?: number;
  readonly context?: ScoreContext;
  readonly signal?: AbortSignal;
  /** The unchanged target, for the controls. */
  readonly unchanged?: Target;
}

export interface ReplayReport {
  readonly counts: readonly ReplayCount[];
  /** Items that passed when replayed without any change: unstable, left out of `counts`. */
  readonly unstable: readonly string[];
  readonly rows: readonly {
    readonly id: string;
    readonly cause: Cause;
    readonly change: string;
    readonly fixed: boolean;
  }[];
}

/**
 * Replays failed items with one change at a time and counts what it fixes: the step from "goes together with" to "is caused by". Runs one
 * after the other; each replay is one call of the target.
 */
export async function replayFailures(options: ReplayOptions): Promise<ReplayReport> {
  const { failures, changes, targetFor, scorers, passes, controls = 1, context = {}, unchanged } = options;
  const { signal = new AbortController().signal } = options;
  const rows: { id: string; cause: Cause; change: string; fixed: boolean }[] = [];
  const unstable: string[] = [];
  const replay = async (target: Target, { item }: CaseResult) => {
    signal.throwIfAborted();
    const outcome = await askTarget(target, item, signal);
    return outcome.error === undefined && passes(await scoreOutcome(scorers, item, outcome, { ...context, signal }));
  };
  for (const { result, attribution } of failures) {
    let lucky = false;
    for (let control = 0; control < controls && unchanged !== undefined && !lucky; control += 1)
      lucky = await replay(unchanged, result);
    if (lucky) {
      unstable.push(result.item.id);
      continue;
    }
    for (const change of changes) {
      if (change.proves !== undefined && !change.proves.includes(attribution.cause)) continue;
      const target = targetFor(change, result);
      if (target === undefined) continue;
      rows.push({
        id: result.item.id,
        cause: attribution.cause,
        change: change.name,
        fixed: await replay(target, result),
      });
    }
  }
  return { counts: countRows(rows), unstable, rows };
}

function countRows(rows: ReplayReport['rows']): ReplayCount[] {
  const groups = Object.values(Object.groupBy(rows, ({ cause, change }) => `${cause} ${change}`));
  return groups.flatMap((group = []) => {
    const [first] = group;
    return first === undefined
      ? []
      : [
          {
            cause: first.cause,
            change: first.change,
            tried: group.length,
            fixed: group.filter(({ fixed }) => fixed).length,
          },
        ];
  });
}
