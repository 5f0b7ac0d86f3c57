import type { Case } from './data/case.ts';
import type { Outcome } from './target.ts';

/** A judgement of one outcome. */
export interface Score {
  /** 0 (wrong) to 1 (right); `unavailable` when it could not be judged, which is never the same as 0. */
  readonly value: number | 'unavailable';
  /** One sentence for people: what was compared and what was found. */
  readonly reason: string;
}

export interface ScoreContext {
  /** Canonical text of a document, for checks of quotes; undefined when there is no such document. */
  readonly documentText?: (documentId: string) => string | undefined | Promise<string | undefined>;
  readonly signal?: AbortSignal;
}

/** Judges outcomes. One file each, listed in `scorers.ts`. */
export interface Scorer {
  /** Unique among the scorers of a run, `kebab-case`. */
  readonly name: string;
  /** `rule` is deterministic and free; `judge` asks a model. */
  readonly kind: 'rule' | 'judge';
  /** One sentence for reports: what 1 means. */
  readonly description: string;
  /** `minimise` for cost and latency, whose scores are not rates. Default: higher is better. */
  readonly unit?: 'rate' | 'ms' | 'micro-units' | 'tokens';
  /** Undefined when the scorer does not apply to the case (no gold place, no reference). */
  score(item: Case, outcome: Outcome, context: ScoreContext): Score | undefined | Promise<Score | undefined>;
}
