import type { Passage, RetrievalItem, RetrievalStep } from '@fieldkit/core';
import type { FusionOptions } from './fuse-rankings.ts';
import type { IndexHit } from './index-contract.ts';

export interface StepLog {
  /** Reports a step that has just ended; its time is what has passed since the last report. */
  done(
    name: RetrievalStep['name'],
    before: readonly Passage[],
    after: readonly Passage[],
    details: RetrievalStep['details'],
  ): void;
  /** Reports the search: each list by itself, and what became of them. Both lists are asked in one call, whose time they share. */
  searched(hits: readonly IndexHit[], fused: readonly Passage[], how: SearchDetails): void;
}

export interface SearchDetails {
  readonly mode: 'lexical' | 'dense' | 'hybrid';
  readonly depth: number;
  readonly terms: readonly string[] | undefined;
  readonly fusion: FusionOptions | undefined;
}

/** Costs nothing when nobody listens. */
export function createStepLog(onStep: ((step: RetrievalStep) => void) | undefined): StepLog {
  if (onStep === undefined) return { done: () => undefined, searched: () => undefined };
  let last = performance.now();
  const elapsed = () => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    return passed;
  };
  const done: StepLog['done'] = (name, before, after, details) => {
    const kept = new Set(after.map(({ id }) => id));
    const dropped = before.filter(({ id }) => !kept.has(id)).map(toItem);
    const [ins, outs] = [before.length, after.length];
    onStep({ name, before: ins, after: outs, kept: after.map(toItem), dropped, durationMs: elapsed(), details });
  };
  return {
    done,
    searched(hits, fused, { mode, depth, terms, fusion }) {
      const durationMs = elapsed();
      for (const list of ['dense', 'lexical'] as const) {
        if (mode !== 'hybrid' && mode !== list) continue;
        const kept = hits
          .filter(({ ranks }) => ranks[list] !== undefined)
          .sort((a, b) => (a.ranks[list] ?? 0) - (b.ranks[list] ?? 0))
          .map(({ chunk, scores, score }) => toItem({ ...chunk, score: scores[list] ?? score }));
        const details = list === 'lexical' ? { depth, terms } : { depth };
        onStep({ name: list, before: 0, after: kept.length, kept, dropped: [], durationMs, details });
      }
      if (fusion !== undefined)
        done(
          'fusion',
          hits.map(({ chunk, score, ranks }) => ({ ...chunk, score, ranks })),
          fused,
          { ...fusion },
        );
    },
  };
}

function toItem({
  id,
  score,
  metadata,
  documentId,
  headings,
}: Pick<Passage, 'id' | 'score' | 'metadata' | 'documentId' | 'headings'>): RetrievalItem {
  const title = String(metadata.title ?? metadata.uri ?? documentId);
  return { id, title: [title, ...headings.filter((heading) => heading !== title)].join(' › '), score };
}
