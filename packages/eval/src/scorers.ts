import type { Scorer } from './scorer.ts';
import { choice } from './scorers/choice.ts';
import { citationCoverage, citationPrecision, citationRecall } from './scorers/citation-quality.ts';
import { contains } from './scorers/contains.ts';
import { exactMatch } from './scorers/exact-match.ts';
import { forbidden } from './scorers/forbidden.ts';
import { goldPlace, goldPlaceFirst, goldQuote } from './scorers/gold-place.ts';
import { groundedness } from './scorers/groundedness.ts';
import { integrity } from './scorers/integrity.ts';
import { jsonFields } from './scorers/json-output.ts';
import { language } from './scorers/language.ts';
import { listMatch, setMatch } from './scorers/list-match.ts';
import { numberAnywhere, numberMatch } from './scorers/number-match.ts';
import { personalData } from './scorers/personal-data.ts';
import { quotesVerbatim } from './scorers/quotes-verbatim.ts';
import { referenceOverlap, referenceRecall } from './scorers/reference-overlap.ts';
import { refusal } from './scorers/refusal.ts';
import { rougeLScorer } from './scorers/rouge-l.ts';
import { toolCalls, toolCallsStrict } from './scorers/tool-calls.ts';

/** Every scorer that needs no options. A new one is a file in `scorers/` and a line here. */
export const scorers: readonly Scorer[] = [
  goldPlace,
  goldPlaceFirst,
  goldQuote,
  citationPrecision,
  citationRecall,
  citationCoverage,
  quotesVerbatim,
  groundedness,
  referenceOverlap,
  referenceRecall,
  exactMatch,
  contains,
  numberMatch,
  numberAnywhere,
  choice,
  setMatch,
  listMatch,
  rougeLScorer,
  jsonFields,
  toolCalls,
  toolCallsStrict,
  refusal,
  forbidden,
  personalData,
  integrity,
  language,
];

/** What `eval run` scores an agent with unless told otherwise: rules only, free and repeatable. Spread it to add one's own. */
export const agentScorers: readonly Scorer[] = [
  goldPlace,
  goldPlaceFirst,
  goldQuote,
  quotesVerbatim,
  referenceOverlap,
  referenceRecall,
  numberAnywhere,
  refusal,
  forbidden,
  toolCalls,
  groundedness,
  integrity,
  language,
];

/** What targets of any kind are scored with beside each other: nothing that only an agent with citations could reach. */
export const comparableScorers: readonly Scorer[] = [
  referenceRecall,
  referenceOverlap,
  contains,
  numberAnywhere,
  refusal,
  toolCalls,
  forbidden,
  groundedness,
  integrity,
  language,
];

/** What a prompt on a model, without evidence or citations, is scored with. */
export const promptScorers: readonly Scorer[] = [
  exactMatch,
  contains,
  referenceOverlap,
  forbidden,
  integrity,
  language,
];

/**
 * The four metrics that are sold, each the mean of the scorers of its bundle that apply to an item. The members are printed beside the metric.
 */
export const metricBundles: Readonly<
  Record<'accuracy' | 'relevance' | 'compliance' | 'response-integrity', readonly Scorer[]>
> = {
  accuracy: [goldPlace, referenceRecall, numberAnywhere, toolCalls],
  relevance: [referenceOverlap, refusal],
  compliance: [forbidden, personalData, groundedness],
  'response-integrity': [integrity, language, quotesVerbatim],
};
