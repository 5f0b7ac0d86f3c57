import type { Case } from '../data/case.ts';
import { clusterOf } from '../data/case.ts';
import type { Score } from '../scorer.ts';

/** Scores of many items by target and scorer, in columns of numbers: 10 bytes a cell and the room to grow, so that 50,000 items of several targets fit easily. */
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
  /** Lets go of what else is known of a target, single rounds included. */
  keepOnly(target: string, scorers: readonly string[]): void;
}

export interface MatrixItem {
  readonly id: string;
  readonly kind: string;
  readonly split: string;
  readonly cluster: string;
}

interface Column {
  sums: Float64Array;
  counts: Uint16Array;
  /** Single scores as they came, and the item of each: `kept` of them. */
  rounds: Float64Array;
  owners: Uint32Array;
  kept: number;
}

/** The same numbers with room for `length`: doubled, so that adding one by one stays cheap. */
function withRoom<T extends Float64Array | Uint32Array | Uint16Array>(values: T, length: number): T {
  if (length <= values.length) return values;
  const size = Math.max(256, length, values.length * 2);
  const grown =
    values instanceof Float64Array
      ? new Float64Array(size)
      : values instanceof Uint32Array
        ? new Uint32Array(size)
        : new Uint16Array(size);
  grown.set(values);
  return grown as T; // of the kind of `values`
}

function emptyColumn(): Column {
  return {
    sums: new Float64Array(0),
    counts: new Uint16Array(0),
    rounds: new Float64Array(0),
    owners: new Uint32Array(0),
    kept: 0,
  };
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
      column = emptyColumn();
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
        column.sums = withRoom(column.sums, at + 1);
        column.counts = withRoom(column.counts, at + 1);
        column.sums[at] = (column.sums[at] ?? 0) + value;
        column.counts[at] = (column.counts[at] ?? 0) + 1;
        if (roundsOf !== undefined && !roundsOf.includes(scorer)) continue;
        column.rounds = withRoom(column.rounds, column.kept + 1);
        column.owners = withRoom(column.owners, column.kept + 1);
        column.rounds[column.kept] = value;
        column.owners[column.kept] = at;
        column.kept += 1;
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
      const byItem: boolean[][] = [];
      for (let index = 0; index < (column?.kept ?? 0); index += 1) {
        const at = column?.owners[index] ?? 0;
        byItem[at] ??= [];
        byItem[at]?.push((column?.rounds[index] ?? 0) >= pass);
      }
      return byItem.filter((values) => values !== undefined);
    },
    keepOnly(target, scorers) {
      const ofTarget = columns.get(target);
      for (const [scorer, { sums, counts }] of ofTarget ?? []) {
        if (scorers.includes(scorer)) ofTarget?.set(scorer, { ...emptyColumn(), sums, counts });
        else ofTarget?.delete(scorer);
      }
    },
  };
}
