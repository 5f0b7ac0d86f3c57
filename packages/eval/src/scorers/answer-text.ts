import { citationMarks } from '@fieldkit/core';

/** An answer's prose without its citation marks, for comparison with a reference. */
export function proseOf(text: string): string {
  let prose = '';
  let at = 0;
  for (const { start, end } of citationMarks(text)) {
    prose += text.slice(at, start).trimEnd();
    at = end;
  }
  return (prose + text.slice(at)).trim();
}
