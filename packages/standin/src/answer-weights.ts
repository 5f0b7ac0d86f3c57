import type { Features } from './evidence-features.ts';

/**
 * Fitted by `bench/answers/fit`: a sentence's score is the sum of its features times these, so that the sentences that answer come first (softmax
 * over all sentences of a question). Data: XQuAD in English, in Chinese and across the two, the dev halves of the examples and of
 * `bench/answers`.
 */
export const SENTENCE_WEIGHTS: Readonly<Record<keyof Features, number>> = {
  ownExact: 8.427,
  ownAlike: 13.751,
  aboutExact: 10.619,
  aboutAlike: 8.005,
  beside: 3.42,
  item: 3.516,
  itemExact: 1.971,
  meaning: 3.455,
  itemMeaning: 1.429,
  itemBestMeaning: 3.671,
  kindFound: 0.695,
  kindMissing: -0.649,
  order: -1.8,
  focus: 2.247,
  numbers: -0.528,
  pairs: 1.603,
  rarest: -0.497,
  otherLanguage: -0.242,
};

/** Fitted with them: whether the best sentence answers at all, as the sum of a logistic function, from its features and the greatest of some over all. */
export const ANSWER_WEIGHTS: Readonly<
  Partial<Record<keyof Features | 'greatestItem' | 'greatestMeaning' | 'greatestCover' | 'greatestOwn', number>>
> & {
  readonly constant: number;
} = {
  constant: -1.961,
  ownExact: 2.925,
  ownAlike: 6.003,
  aboutExact: 1.373,
  aboutAlike: 0.033,
  beside: 0.843,
  item: -0.486,
  itemExact: 3.624,
  meaning: 2.455,
  itemMeaning: 1.733,
  itemBestMeaning: 0.504,
  kindFound: 0.163,
  kindMissing: -0.903,
  pairs: 1.44,
  rarest: 0.134,
  otherLanguage: 0.235,
  greatestItem: -0.269,
  greatestMeaning: -3.728,
  greatestCover: -2.173,
  greatestOwn: -1.554,
};
