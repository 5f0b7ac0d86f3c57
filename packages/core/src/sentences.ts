export interface TextSpan {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Words whose full stop ends no sentence: always, before a number, and initials. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|dr|mr|mrs|ms|inc|ltd|co|corp|dept|incl)\.$/i;
const BEFORE_NUMBER = /(?:^|[\s(])(?:nos?|figs?|sec|art|pts?|st|vol|ed|max|min|p|pp)\.$/i;
const INITIAL = /(?:^|[\s(])[A-Z]\.$/;
const END = /[.!?]+["'”’)\]]*(?=\s)|[。！？；…]+["'”’」』）】]*|\n+/g;

/**
 * The sentences of a text as offsets, white space around them left out. Ends are `.!?` before white space (not after known
 * abbreviations, single capitals, `no.` and its like before a number, or before a lower-case letter), Chinese `。！？；`, and line breaks.
 */
export function sentenceSpans(text: string): TextSpan[] {
  const spans: TextSpan[] = [];
  let start = 0;
  const push = (end: number) => {
    const body = text.slice(start, end);
    const lead = body.length - body.trimStart().length;
    const trimmed = body.trim();
    if (trimmed !== '') spans.push({ start: start + lead, end: start + lead + trimmed.length });
    start = end;
  };
  for (const match of text.matchAll(END)) {
    const end = match.index + match[0].length;
    if (match[0].startsWith('.') && continues(text.slice(Math.max(start, end - 12), end), text.slice(end, end + 12))) {
      continue;
    }
    push(end);
  }
  push(text.length);
  return spans;
}

/** Whether the full stop between the two stretches stands inside a sentence. */
function continues(before: string, after: string): boolean {
  return (
    ABBREVIATION.test(before) ||
    INITIAL.test(before) ||
    (BEFORE_NUMBER.test(before) && /^\s+\p{N}/u.test(after)) ||
    /^\s+\p{Ll}/u.test(after)
  );
}
