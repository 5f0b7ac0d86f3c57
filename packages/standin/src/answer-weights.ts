import type { Features } from './evidence-features.ts';

/**
 * Fitted by `bench/answers/fit-weights.py`: a sentence's score is the sum of its features times these, so that the sentences that answer come first
 * (softmax over all sentences of a question). In the fit the very word counts at least half as much again as one like it, and a word in the sentence at
 * least as much as one above it. Data: the dev halves of the examples and of `bench/answers`; XQuAD in English, in Chinese and across the two, and CMRC 2018,
 * with a thirtieth of the weight.
 */
export const SENTENCE_WEIGHTS: Readonly<Record<keyof Features, number>> = {
  ownExact: 7.6,
  ownAlike: 5.07,
  aboutExact: 4.88,
  aboutAlike: 3.25,
  beside: 2.29,
  item: 2.94,
  meaning: 5.24,
  itemMeaning: 1.16,
  itemBestMeaning: 2.45,
  kindFound: 0.47,
  kindMissing: -0.43,
  named: 0.63,
  rangeFits: 2.06,
  rangeMisses: -4.01,
  order: -2.08,
  focus: 1.0,
};

/**
 * The best sentence must have this score, or the evidence is not enough: in the fit one answerable question in twenty has less. Refusing more of the
 * questions without an answer refuses more of those that have one: on the dev halves every higher bound cites fewer gold places.
 */
export const LEAST_SCORE = 6.58;
/** A further sentence may be this much below the first: fewer points lose answers, more bring none. */
export const WORTH_ADDING = 3;
/** Points that a further sentence under the same heading, or on the same page, loses. */
export const SAME_PLACE = 1;
