import { analyzeText } from '@fieldkit/core';

export interface Overlap {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Overlap of two bags of tokens (as in SQuAD's F1; Rajpurkar et al. 2016, section 6.1). All 0 when nothing is shared or one is empty. */
export function tokenOverlap(answer: readonly string[], reference: readonly string[]): Overlap {
  const counts = new Map<string, number>();
  for (const token of reference) counts.set(token, (counts.get(token) ?? 0) + 1);
  let shared = 0;
  for (const token of answer) {
    const left = counts.get(token) ?? 0;
    if (left > 0) {
      counts.set(token, left - 1);
      shared += 1;
    }
  }
  if (shared === 0) return { precision: 0, recall: 0, f1: 0 };
  const precision = shared / answer.length;
  const recall = shared / reference.length;
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
}

/** Overlap by the toolkit's own analyser: English words stemmed and without stopwords, Chinese words. */
export function textOverlap(answer: string, reference: string): Overlap {
  return tokenOverlap(analyzeText(answer), analyzeText(reference));
}
