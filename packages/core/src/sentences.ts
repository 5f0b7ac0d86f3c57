export interface TextSpan {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** After a full stop that ends no sentence. */
const ABBREVIATION =
  /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|no|nos|fig|figs|sec|art|pt|dr|mr|mrs|ms|st|inc|ltd|co|corp|dept|vol|ed|max|min|incl|[A-Z])\.$/i;
const END = /[.!?]+["'”’)\]]*(?=\s)|[。！？；…]+["'”’」』）】]*|\n+/g;

/**
 * The sentences of a text as offsets, white space around them left out. Ends are `.!?` before white space (not after known
 * abbreviations, single capitals, or before a lower-case letter), Chinese `。！？；`, and line breaks.
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
    if (
      match[0].startsWith('.') &&
      (ABBREVIATION.test(text.slice(Math.max(start, end - 12), end)) || /^\s+\p{Ll}/u.test(text.slice(end, end + 12)))
    ) {
      continue;
    }
    push(end);
  }
  push(text.length);
  return spans;
}
