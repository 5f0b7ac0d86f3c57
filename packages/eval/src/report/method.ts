/** What every report says about how its figures were made and what they do not show. */
export const METHOD: readonly string[] = [
  'Every figure is counted from the rows of the ledger; running the report again gives the same figures.',
  'Intervals of means are 95 % Wilson score intervals (1927) over items; several rounds of an item count as one observation. For scores between 0 and 1 they are conservative.',
  'Where items share a document, standard errors are clustered by it (Liang and Zeger 1986); the clustered error is the one to use.',
  "Targets are compared on the same items: McNemar's exact test for right-or-wrong scores, a sign-flip permutation test otherwise (by cluster where items share a document), corrected by Holm (1979) over all comparisons shown.",
  'pass^k is the chance that k rounds of an item all succeed (Yao et al. 2024); the flip rate is the share of items whose result changed between rounds.',
  'Failures of endpoint, index, disk and time are counted apart: "mean" is over the judged items, "of all" counts the others as 0.',
  'The first cause of a failed item comes from ordered rules over its trace. The points to win are upper bounds; "measured" is what a replay with one change fixed.',
];

export const LIMITS: readonly string[] = [
  'Rules compare words, numbers and places; they do not understand. A right answer in unexpected words can score low.',
  'The groundedness rules see numbers, dates, names and quotations that are not in the evidence; they cannot see a wrong relation between right words.',
  'A judge is a model. Its scores say as much as its kappa with people, which is printed beside them; without labels it is unknown.',
  'The items are a sample. What they do not ask about has not been measured.',
];
