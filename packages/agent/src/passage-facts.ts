import { analyzeText, estimateTokens, memoizeText, sentenceSpans, type TextSpan } from '@fieldkit/core';

/**
 * What is found out about a text of the evidence. The same passages come back with question after question, so it is kept for the last of
 * them: 2 million UTF-16 code units of text for each fact.
 */
const KEPT = 2_000_000;

/** Its index terms, each once. */
export const termsOf = memoizeText(KEPT, (text): ReadonlySet<string> => new Set(analyzeText(text)));

/** Its sentences with their terms. */
export const sentencesOf = memoizeText(KEPT, (text): readonly (TextSpan & { readonly terms: ReadonlySet<string> })[] =>
  sentenceSpans(text).map((span) => ({ ...span, terms: new Set(analyzeText(text.slice(span.start, span.end))) })),
);

/** Its estimated tokens. */
export const tokensOf = memoizeText(KEPT, estimateTokens);
