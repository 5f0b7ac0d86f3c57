import type { Citation } from '@fieldkit/core';
import { type Case, caseSchema } from '../data/case.ts';
import { type Outcome, textAnswer } from '../target.ts';

/** Shared by this package's tests: small valid values with the fields a test is about. */

export function caseOf(fields: Record<string, unknown> = {}): Case {
  return caseSchema.parse({ id: 'c1', question: 'How long is the warranty?', ...fields });
}

export function outcomeOf(
  text: string,
  fields: Partial<Outcome['answer']> & { outcome?: Partial<Outcome> } = {},
): Outcome {
  const { outcome = {}, ...answer } = fields;
  return { answer: textAnswer(text, answer), durationMs: 5, ...outcome };
}

export function passageCitation(
  quote: string,
  source: Partial<Extract<Citation['source'], { kind: 'passage' }>> = {},
): Citation {
  return {
    marker: 1,
    quote,
    source: {
      kind: 'passage',
      chunkId: 'k1',
      documentId: 'd1',
      title: 'Warranty',
      uri: 'knowledge/warranty.docx',
      start: 0,
      end: quote.length,
      places: [],
      headings: [],
      ...source,
    },
  };
}
