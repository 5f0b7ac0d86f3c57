import type { Document } from '@fieldkit/core';
import type { DuplicateReport } from '../duplicates/find-duplicates.ts';
import type { UnreadFile } from '../inventory/inventory-of.ts';

/** Something that was counted or measured to arrive at a suggestion. */
export interface Measured {
  readonly name: string;
  readonly value: number | string;
  /** `%`, `tokens`, `documents`, … */
  readonly unit?: string;
}

/** One piece of advice that can be defended: what to do, why, and what was measured. */
export interface Suggestion {
  readonly area: 'segmentation' | 'metadata' | 'source' | 'index';
  /** Stable, `kebab-case`. */
  readonly code: string;
  /** `warning`: answers will be wrong or missing without it. `info`: worth doing, or worth knowing. */
  readonly severity: 'warning' | 'info';
  /** An imperative. */
  readonly advice: string;
  readonly reason: string;
  readonly measured: readonly Measured[];
  /** `retrieval`: questions were asked. `structure`: the documents were counted. */
  readonly basis: 'retrieval' | 'structure';
  /** The line of the configuration that does it. */
  readonly setting?: { readonly path: string; readonly value: number | string };
  /** Paths of the documents it is about. */
  readonly documents?: readonly string[];
}

export type AdviceLanguage = 'zh' | 'en';

export interface AdviceInput {
  readonly documents: readonly Document[];
  readonly duplicates: DuplicateReport;
  readonly unread?: readonly UnreadFile[];
  /** What the project uses now. */
  readonly segmentation: { readonly strategy: string; readonly maxTokens: number };
  /** Vector length when the project has an embedding model. */
  readonly dimensions?: number;
}

/** Picks the sentence of a language. */
export type Say = (en: string, zh: string) => string;

export function sayIn(language: AdviceLanguage): Say {
  return (en, zh) => (language === 'zh' ? zh : en);
}

export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 100);
}
