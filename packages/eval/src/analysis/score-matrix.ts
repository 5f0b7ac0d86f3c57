import type { Case } from '../data/case.ts';
import { clusterOf } from '../data/case.ts';
import type { Score } from '../scorer.ts';

/** Scores of many items by target and scorer, in columns of numbers: 16 bytes a cell, so that 50,000 items of several targets fit easily. */
export interface ScoreMatrix {
  add(target: string, item: Case, scores: Readonly<Record<string, Score>>): void;
  readonly targets: readonly string[];
  /** Items in the order in which they were first added. */
  readonly items: readonly MatrixItem[];
  scorers(): string[];
  /** Mean of an item's available scores over the rounds, by item; NaN where there is none. */
  means(target: string, scorer: string): Float64Array;
  /** Outcomes of each round of each item that has some: whether the score was at least `pass`. */
  rounds(target: string, scorer: string, pass?: number): boolean[][];
}

export interface MatrixItem {
  readonly id: string;
  readonly kind: string;
  readonly split: string;
  readonly cluster: string;
}

interface Column {
  sums: number[];
  counts: number[];
  rounds: number[][];
}

/** `roundsOf`: scorers whose rounds are kept one by one, which takes more room. Default: all. */
export function createScoreMatrix({ roundsOf }: { readonly roundsOf?: readonly string[] } = {}): ScoreMatrix {
  const items: MatrixItem[] = [];
  const positions = new Map<string, number>();
  const targets: string[] = [];
  const columns = new Map<string, Map<string, Column>>();
  const columnOf = (target: string, scorer: string): Column => {
    let ofTarget = columns.get(target);
    if (ofTarget === undefined) {
      ofTarget = new Map();
      columns.set(target, ofTarget);
      targets.push(target);
    }
    let column = ofTarget.get(scorer);
    if (column === undefined) {
      column = { sums: [], counts: [], rounds: [] };
      ofTarget.set(scorer, column);
    }
    return column;
  };
  return {
    targets,
    items,
    add(target, item, scores) {
      let at = positions.get(item.id);
      if (at === undefined) {
        at = items.length;
        positions.set(item.id, at);
        items.push({ id: item.id, kind: item.kind, split: item.split, cluster: clusterOf(item) });
      }
      for (const [scorer, { value }] of Object.entries(scores)) {
        if (value === 'unavailable') continue;
        const column = columnOf(target, scorer);
        while (column.sums.length <= at) {
          column.sums.push(0);
          column.counts.push(0);
        }
        column.sums[at] = (column.sums[at] ?? 0) + value;
        column.counts[at] = (column.counts[at] ?? 0) + 1;
        if (roundsOf !== undefined && !roundsOf.includes(scorer)) continue;
        column.rounds[at] ??= [];
        column.rounds[at]?.push(value);
      }
    },
    scorers: () => [...new Set([...columns.values()].flatMap((ofTarget) => [...ofTarget.keys()]))],
    means(target, scorer) {
      const column = columns.get(target)?.get(scorer);
      return Float64Array.from(items, (_, at) => {
        const count = column?.counts[at] ?? 0;
        return count === 0 ? Number.NaN : (column?.sums[at] ?? 0) / count;
      });
    },
    rounds(target, scorer, pass = 1) {
      const column = columns.get(target)?.get(scorer);
      return (column?.rounds ?? [])
        .filter((values) => values !== undefined)
        .map((values) => values.map((value) => value >= pass));
    },
  };
}
