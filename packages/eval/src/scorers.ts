import type { Scorer } from './scorer.ts';
import { forbidden } from './scorers/forbidden.ts';
import { goldPlace, goldPlaceFirst, goldQuote } from './scorers/gold-place.ts';
import { language } from './scorers/language.ts';
import { quotesVerbatim } from './scorers/quotes-verbatim.ts';
import { referenceOverlap, referenceRecall } from './scorers/reference-overlap.ts';
import { refusal } from './scorers/refusal.ts';

/** What `eval run` scores an agent with unless told otherwise: rules only, free and repeatable. Spread it to add one's own. */
export const agentScorers: readonly Scorer[] = [
  goldPlace,
  goldPlaceFirst,
  goldQuote,
  referenceOverlap,
  referenceRecall,
  refusal,
  forbidden,
  quotesVerbatim,
  language,
];
