/** Why an item failed: one row per cause, in the order in which the rules are asked. The first that holds is the first cause. */
export const causes = {
  infrastructure: {
    says: 'endpoint, index, disk or time failed: nothing is said about the answer',
    shownBy: "the outcome's error code",
    suggestion: 'repair or retry: check the endpoint and its limits, then resume the run',
  },
  'injection-followed': {
    says: 'the answer does what a planted instruction said',
    shownBy: 'a forbidden string in the answer',
    suggestion:
      'strengthen the guard: delimit retrieved text as data, and drop sentences that follow instructions found in it',
  },
  truncated: {
    says: 'the answer was cut off at the token limit',
    shownBy: 'the finish reason, or an answer that breaks off',
    suggestion: 'raise maxOutputTokens, or ask for shorter answers',
  },
  'gold-suspect': {
    says: 'the label contradicts itself or the documents',
    shownBy:
      'a gold quote that stands in another document, or a reference whose numbers its own gold quote lacks while the answer has them',
    suggestion: 'have an expert look at these labels before anything else is changed',
  },
  'tool-failure': {
    says: 'the right tool was called rightly and failed',
    shownBy: "the call's error in the trace, of an expected call or of the search",
    suggestion: "repair the customer's system or its adapter; retry what may be retried",
  },
  'bad-arguments': {
    says: 'the right tool was called with wrong arguments',
    shownBy: 'an expected call beside a call of the same tool',
    suggestion: 'describe the arguments better (pattern, example), and check them before the call',
  },
  loop: {
    says: 'the same call or sentence came again and again',
    shownBy: 'equal tool calls in the trace, or equal sentences in the answer',
    suggestion: 'stop repeated calls, and say in the tool description when not to call it',
  },
  'early-stop': {
    says: 'the run ended at a bound before the work was done',
    shownBy: 'the error BUDGET_EXCEEDED, or a trace that ends in the middle of its work',
    suggestion: 'raise the bound that was reached, or give the pipeline fewer steps to do',
  },
  'wrong-tool': {
    says: 'another tool was called instead of the right one',
    shownBy: 'an expected call that is absent, and one that nobody expected',
    suggestion: 'tell the tools apart in their descriptions, each with when not to call it',
  },
  'missing-tool': {
    says: 'a needed tool was not called',
    shownBy: 'an expected call that is absent',
    suggestion: "say in the prompt or the tool's description when it is needed",
  },
  'extra-tool': {
    says: 'a call was made that should not have been',
    shownBy: 'a call that nobody expected',
    suggestion: 'state in the prompt what may not be done; ask for approval before writes',
  },
  'content-gap': {
    says: 'the document that holds the answer is not in the knowledge base',
    shownBy: 'the gold document is not among the ingested ones',
    suggestion: 'add the document, or correct the include patterns',
  },
  'parse-loss': {
    says: 'the answer was lost when the file was read',
    shownBy: "the gold quote is not in the document's text",
    suggestion: 'look at the document in `fieldkit parse`: OCR, a table reader, or another export of the file',
  },
  'filter-drop': {
    says: 'the caller or a filter may not see the document',
    shownBy: "the document's groups, or the filter of the retrieval",
    suggestion: 'correct access.json, or the filter that the pipeline derives from the question',
  },
  'chunk-split': {
    says: 'the answer is cut apart: no chunk holds all of it',
    shownBy: 'chunk borders inside the gold quote',
    suggestion: 'raise maxTokens of the segmentation, or keep tables and lists whole',
  },
  'retrieval-miss': {
    says: 'the passage was not found',
    shownBy: 'no retrieved passage holds the gold place',
    suggestion:
      'enable dense retrieval, rewrite the query with synonyms, or add the words of the questions to the metadata',
  },
  'ranking-miss': {
    says: 'the passage was found, but too far down',
    shownBy: 'the gold place is in a wider result, or in a list before reranking',
    suggestion: 'raise the limit of the retrieval, or rerank',
  },
  'context-overflow': {
    says: 'the passage was retrieved and did not reach the answering model',
    shownBy: 'the gold place is in the results and not in the last prompt',
    suggestion: 'raise evidenceTokens of the answer node, or retrieve fewer and shorter passages',
  },
  'missed-refusal': {
    says: 'a question was answered that cannot or must not be',
    shownBy: 'the status against the expected one',
    suggestion: 'make the answer prompt say when the evidence is not enough; raise the bar of the citation check',
  },
  'over-refusal': {
    says: 'the evidence was there and no answer was given',
    shownBy: 'the status, with the gold place in the prompt',
    suggestion: 'soften the rule for insufficient evidence, or try a stronger model for the answer',
  },
  language: {
    says: 'the answer is in another language than the question',
    shownBy: 'the languages of both',
    suggestion: "name the language of the answer in the prompt, from the question's",
  },
  ungrounded: {
    says: 'the answer says what its evidence does not',
    shownBy: 'numbers, dates or names of the answer that stand nowhere in the evidence',
    suggestion: 'lower the temperature, require a quote per sentence, or try a stronger model',
  },
  incomplete: {
    says: 'a part of the answer is missing',
    shownBy: 'some of the needed places or of the reference are there, not all',
    suggestion: 'ask for every part of the question; split it into sub-questions in the understand node',
  },
  'not-extracted': {
    says: 'the evidence was in the prompt and the answer misses it',
    shownBy: 'the gold place in the last prompt, and an answer without the reference',
    suggestion: 'put the best passage first, show fewer, or try a stronger model for the answer',
  },
  'citation-error': {
    says: 'the answer is right and its citations are not',
    shownBy: 'the reference in the answer, with other places or words cited',
    suggestion: 'repair the citation prompt; prefer the passage that holds the words over one that repeats them',
  },
  format: {
    says: 'the form is wrong',
    shownBy: 'a scorer of form',
    suggestion: 'use a JSON schema or state the form at the end of the prompt',
  },
  'judge-suspect': {
    says: 'only a judge complains, and the rules or other judges do not',
    shownBy: 'the scores by kind of scorer',
    suggestion: 'label a sample by hand and look at the kappa of the judge before acting on it',
  },
  unexplained: {
    says: 'no rule holds',
    shownBy: 'nothing in the trace',
    suggestion: 'read these items by hand',
  },
} as const;

export type Cause = keyof typeof causes;

/** In the order in which the rules are asked. */
export const causeOrder = Object.keys(causes) as readonly Cause[]; // the keys of a literal
