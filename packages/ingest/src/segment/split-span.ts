import { estimateTokens, sentenceSpans, type TextSpan } from '@fieldkit/core';

/**
 * Cuts a stretch of text into pieces of at most `maxTokens`: at line ends, then sentences, then clauses and words, and inside a word
 * only when it is longer than a piece. Never inside a surrogate pair.
 */
export function splitSpan(text: string, span: TextSpan, maxTokens: number): TextSpan[] {
  return pack(text, atomsOf(text, span, maxTokens), maxTokens);
}

/** Joins neighbours while they fit. */
export function pack(text: string, spans: readonly TextSpan[], maxTokens: number): TextSpan[] {
  const packed: { start: number; end: number }[] = [];
  for (const span of spans) {
    const last = packed.at(-1);
    if (last !== undefined && estimateTokens(text.slice(last.start, span.end)) <= maxTokens) last.end = span.end;
    else packed.push({ ...span });
  }
  return packed;
}

/** The smallest pieces that cutting to `maxTokens` gives, not packed again. */
export function atomsOf(text: string, span: TextSpan, maxTokens: number): TextSpan[] {
  const body = text.slice(span.start, span.end);
  if (estimateTokens(body) <= maxTokens) return body.trim() === '' ? [] : [span];
  for (const cut of [cutAtLines, cutAtSentences, cutAtClauses, cutAtWords]) {
    const parts = cut(body);
    if (parts.length > 1) {
      return parts.flatMap(({ start, end }) =>
        atomsOf(text, { start: span.start + start, end: span.start + end }, maxTokens),
      );
    }
  }
  return cutAnywhere(body, maxTokens).map(({ start, end }) => ({ start: span.start + start, end: span.start + end }));
}

function cutAtLines(body: string): TextSpan[] {
  return cutAfter(body, /\n+/g);
}

function cutAtSentences(body: string): TextSpan[] {
  return sentenceSpans(body);
}

function cutAtClauses(body: string): TextSpan[] {
  return cutAfter(body, /[,;:，、；：|]\s*/g);
}

function cutAtWords(body: string): TextSpan[] {
  return cutAfter(body, /\s+/g);
}

/** Parts between the ends of matches, white space around them left out. */
function cutAfter(body: string, pattern: RegExp): TextSpan[] {
  const ends = [...body.matchAll(pattern)].map((match) => match.index + match[0].length);
  const parts: TextSpan[] = [];
  let start = 0;
  for (const end of [...ends, body.length]) {
    const part = body.slice(start, end);
    const lead = part.length - part.trimStart().length;
    const trimmed = part.trim();
    if (trimmed !== '') parts.push({ start: start + lead, end: start + lead + trimmed.length });
    start = end;
  }
  return parts;
}

function cutAnywhere(body: string, maxTokens: number): TextSpan[] {
  const parts: TextSpan[] = [];
  let start = 0;
  while (start < body.length) {
    // A token is at least 0.25 and at most 0.7 per code unit; halve until it fits.
    let length = Math.min(body.length - start, maxTokens * 4);
    while (length > 1 && estimateTokens(body.slice(start, start + length)) > maxTokens)
      length = Math.floor(length * 0.8);
    let end = start + Math.max(1, length);
    if (isLowSurrogate(body.charCodeAt(end))) end += end - 1 > start ? -1 : 1;
    parts.push({ start, end });
    start = end;
  }
  return parts;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
