import { type Citation, findQuote, foldText, type Run } from '@fieldkit/core';
import type { ScoreContext, Scorer } from '../scorer.ts';

/**
 * Share of the citations whose quote stands word for word in its source, at the offsets it names. Passages are looked up by
 * `documentText`, records in the trace; a citation whose source is not at hand makes the score unavailable.
 */
export const quotesVerbatim: Scorer = {
  name: 'quotes-verbatim',
  kind: 'rule',
  description: 'share of the citations whose quote is verbatim in its source',
  async score(_item, { answer, run }, context) {
    if (answer.citations.length === 0) return undefined;
    const bad: string[] = [];
    for (const citation of answer.citations) {
      const verbatim = await isVerbatim(citation, run, context);
      if (verbatim === undefined) {
        return { value: 'unavailable', reason: `the source of citation ${citation.marker} is not at hand` };
      }
      if (!verbatim) bad.push(`[${citation.marker}]`);
    }
    const total = answer.citations.length;
    return {
      value: (total - bad.length) / total,
      reason: bad.length === 0 ? `all ${total} verbatim` : `not verbatim: ${bad.join(', ')} of ${total}`,
    };
  },
};

async function isVerbatim(
  { quote, source }: Citation,
  run: Run | undefined,
  { documentText }: ScoreContext,
): Promise<boolean | undefined> {
  if (source.kind === 'record') {
    const step = run?.steps.find(({ id, kind }) => kind === 'tool' && id === source.callId);
    return step === undefined ? undefined : textsIn(step.output).some((text) => findQuote(text, quote) !== undefined);
  }
  if (documentText === undefined) return undefined;
  const text = await documentText(source.documentId);
  if (text === undefined) return false;
  return (
    foldText(text.slice(source.start, source.end)).includes(foldText(quote)) && findQuote(text, quote) !== undefined
  );
}

/** Every string in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(textsIn);
  return [];
}
