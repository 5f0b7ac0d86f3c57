import { type CitationMark, citationMarks, sentenceSpans } from '@fieldkit/core';

/** A sentence with the citation marks that belong to it. */
export interface MarkedSentence {
  /** Sentence and marks as written. */
  readonly text: string;
  /** Offsets are in `text`. */
  readonly marks: readonly CitationMark[];
  /** White space before it: a blank, a line break, or nothing. */
  readonly gap: string;
}

/** A mark that has begun and may still be written on. */
const OPEN_MARK = /[[【]\s*(?:\d{1,3}\s*(?:[:：,，]\s*(?:["“”「][^[\]【】]*["“”」]?\s*)?)?)?$/;
/** Longer than any quote: an opener without an end before that is no mark. */
const LONGEST_MARK = 2_000;

/**
 * Cuts what has arrived so far into finished sentences and a rest. A mark belongs to the sentence it stands in, or behind whose full
 * stop it stands; so a sentence is finished only when the next one has begun, or with `ended`.
 */
export function splitSentences(buffer: string, ended: boolean): { sentences: MarkedSentence[]; rest: string } {
  const openAt = ended ? -1 : openMark(buffer);
  const head = openAt === -1 ? buffer : buffer.slice(0, openAt);
  const marks = citationMarks(head);
  // Marks as blanks: what is quoted neither ends a sentence nor belongs to it.
  let masked = head;
  for (const { start, end } of marks) masked = masked.slice(0, start) + ' '.repeat(end - start) + masked.slice(end);
  // A Chinese semicolon parts clauses; in an answer the mark behind the last one proves them all.
  const spans = sentenceSpans(masked.replaceAll('；', '，'));
  const sentences: MarkedSentence[] = [];
  let done = 0;
  for (const [index, span] of spans.entries()) {
    const next = spans[index + 1];
    if (next === undefined && !ended) break;
    // A mark at the very beginning has no sentence before it: it goes with the first.
    const lead = index === 0 ? marks.find(({ start }) => start < span.start) : undefined;
    const start = Math.min(span.start, lead?.start ?? span.start);
    const own = marks.filter((mark) => mark.start >= start && mark.start < (next?.start ?? head.length));
    const end = Math.max(span.end, ...own.map((mark) => mark.end));
    sentences.push({
      text: head.slice(start, end),
      marks: own.map((mark) => ({ ...mark, start: mark.start - start, end: mark.end - start })),
      gap: gapOf(head.slice(done, start)),
    });
    done = end;
  }
  return { sentences, rest: ended ? '' : buffer.slice(done) };
}

function openMark(buffer: string): number {
  const at = buffer.slice(-LONGEST_MARK).search(OPEN_MARK);
  return at === -1 ? -1 : Math.max(0, buffer.length - LONGEST_MARK) + at;
}

function gapOf(space: string): string {
  const lines = space.split('\n').length - 1;
  if (lines > 0) return lines > 1 ? '\n\n' : '\n';
  return space === '' ? '' : ' ';
}

/** The sentence without its marks and the white space they leave. */
export function withoutMarks({ text, marks }: Pick<MarkedSentence, 'text' | 'marks'>): string {
  let prose = '';
  let at = 0;
  for (const { start, end } of marks) {
    prose += text.slice(at, start);
    at = end;
  }
  return (prose + text.slice(at))
    .replace(/[ \t]+(?=[.,;:!?。，；：！？]|$)/g, '')
    .replace(/[ \t]{2,}/g, ' ')
    .trim();
}
