import type { Features } from './evidence-features.ts';

/**
 * Fitted by `bench/answers/fit-weights.py`: a sentence's score is the sum of its features times these, so that the sentences that answer come first (softmax
 * over all sentences of a question). The mean of a free fit and of one in which no word counts less for standing there itself than for a word like it, nor in the
 * sentence than above it; features of little weight are left out. `ownExact` and `ownAlike` were then moved apart by hand (9.01
 * and 11.68 fitted): a sentence that says the very word must come before one that says a word like it, or that only stands under it ("green tea" before "black tea"). Data:
 * XQuAD in English, in Chinese and across the two, the dev halves of the examples and of `bench/answers`.
 */
export const SENTENCE_WEIGHTS: Readonly<Partial<Record<keyof Features, number>>> = {
  ownExact: 12,
  ownAlike: 7,
  aboutExact: 9.44,
  aboutAlike: 8.13,
  beside: 3.59,
  item: 4.04,
  meaning: 3.74,
  itemMeaning: 1.28,
  itemBestMeaning: 3.85,
  kindFound: 0.68,
  kindMissing: -0.63,
  order: -1.83,
  focus: 2.18,
  otherLanguage: -0.22,
};

/** Fitted with them: whether the best sentence answers at all, as the sum of a logistic function, from its features and the greatest of some over all. */
export const ANSWER_WEIGHTS: Readonly<
  Partial<Record<keyof Features | 'greatestItem' | 'greatestMeaning' | 'greatestCover' | 'greatestOwn', number>>
> & { readonly constant: number } = {
  constant: -1.88,
  ownExact: 0.87,
  ownAlike: 3.79,
  aboutExact: 1.09,
  aboutAlike: -1.78,
  beside: -0.5,
  item: 3.1,
  itemExact: 2.36,
  meaning: 3.54,
  itemMeaning: 1.38,
  itemBestMeaning: -0.62,
  kindFound: -0.02,
  kindMissing: -0.54,
  pairs: 1.68,
  rarest: 0.05,
  otherLanguage: -0.22,
  greatestItem: -1.38,
  greatestMeaning: -3.58,
  greatestCover: -2.24,
  greatestOwn: -0.71,
};
