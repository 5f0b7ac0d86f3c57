import type { Line } from './lines.ts';
import type { PageContent } from './page-content.ts';

export interface PageLines {
  readonly content: Pick<PageContent, 'page' | 'width' | 'height' | 'rules'>;
  readonly lines: readonly Line[];
}

export interface RunningHeads {
  /** Lines that are page decoration. */
  readonly lines: ReadonlySet<Line>;
  /** Distinct texts, digits kept, in order of their first page. */
  readonly texts: readonly string[];
}

/** Lines from each edge that may be running heads or feet. */
const DEPTH = 3;
/** Points that a running head may move from page to page. */
const SAME_PLACE = 6;
const PAGE_NUMBER =
  /^(?:[-–—·.|\s]*)(?:(?:page|seite|p\.?|第)\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:\/|of|von|共|页\s*共?)\s*\d{0,4}\s*页?|\s*页)?(?:[-–—·.|\s]*)$/i;

/**
 * Running heads, feet and page numbers: lines at the edge of a page whose text, with its digits masked, stands at the same place
 * on several pages (even and odd pages may differ), and lone page numbers at the edge.
 */
export function findRunningHeads(pages: readonly PageLines[], bodySize: number): RunningHeads {
  const found = new Set<Line>();
  const texts = new Set<string>();
  const add = (line: Line) => {
    found.add(line);
    texts.add(line.text);
  };
  for (const fromTop of [true, false]) {
    const candidates = pages.map((page) => edgeLines(page, fromTop));
    // Masked text at one place.
    const groups = new Map<string, { line: Line; page: number; y: number }[]>();
    candidates.forEach((lines, page) => {
      for (const { line, y } of lines) {
        const key = mask(line.text);
        groups.set(key, [...(groups.get(key) ?? []), { line, page, y }]);
      }
    });
    const repeated = new Set<Line>();
    for (const group of groups.values()) {
      for (const member of group) {
        const same = group.filter(({ y }) => Math.abs(y - member.y) <= SAME_PLACE);
        const onPages = new Set(same.map(({ page }) => page)).size;
        if (onPages >= 2 && onPages >= Math.min(pages.length * 0.4, 12) && isSameHead(member, same))
          repeated.add(member.line);
      }
    }
    // From the edge inwards: behind a line that is not repeated the text has begun.
    for (const lines of candidates) {
      for (const { line } of lines) {
        if (!repeated.has(line)) break;
        add(line);
      }
    }
    // Different text (chapter titles) at one place in one style on most pages, set apart from the text.
    if (pages.length >= 4) {
      const outer = candidates.flatMap((lines) =>
        lines.slice(0, 1).filter(({ line, apart }) => apart && line.size <= bodySize * 1.05),
      );
      for (const member of outer) {
        const same = outer.filter(
          ({ line, y }) => Math.abs(y - member.y) <= 2 && Math.abs(line.size - member.line.size) < 0.3,
        );
        if (same.length >= pages.length * 0.6) add(member.line);
      }
    }
    // Page numbers that stand alone, and the small print at the edge of a single page.
    candidates.forEach((lines, index) => {
      const [outermost] = lines;
      const content = pages[index]?.content;
      if (outermost === undefined || content === undefined || found.has(outermost.line)) return;
      const { line, apart, edge } = outermost;
      const { height } = content;
      if (!fromTop && isUnderNoteRule(line, content)) return;
      const numbered = /^\d{1,4}\s+\D|\D\s+\d{1,4}$/.test(line.text.trim()) && line.text.length < 90;
      if (PAGE_NUMBER.test(line.text.trim()) && edge < height * 0.12 && apart) add(line);
      else if (numbered && edge < height * 0.14 && apart && line.size < bodySize * 0.97) add(line);
      else if (edge < height * 0.075 && apart && line.size < bodySize * 0.97 && line.text.length < 120) add(line);
    });
  }
  return { lines: found, texts: [...texts] };
}

interface Candidate {
  readonly line: Line;
  readonly page: number;
}

/** Headings at the top of pages differ in their numbers, too; those of a running head are the page's or stay the same for some pages. */
function isSameHead({ line, page }: Candidate, others: readonly Candidate[]): boolean {
  const own = numbersOf(line.text);
  return others.some((other) => {
    if (other.page === page) return false;
    if (other.line.text === line.text) return true;
    const numbers = numbersOf(other.line.text);
    return own.length === 0 || own.some((number, at) => number - page === (numbers[at] ?? Number.NaN) - other.page);
  });
}

function numbersOf(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

interface EdgeLine {
  readonly line: Line;
  /** From the page's own edge. */
  readonly y: number;
  /** Distance to the page's edge in points. */
  readonly edge: number;
  /** Further from the next line than lines of text are. */
  readonly apart: boolean;
}

function edgeLines({ content, lines }: PageLines, fromTop: boolean): EdgeLine[] {
  const sorted = [...lines].sort((left, right) =>
    fromTop ? left.baseline - right.baseline : right.baseline - left.baseline,
  );
  const limit = content.height * 0.2;
  return sorted.slice(0, DEPTH).flatMap((line, index) => {
    const edge = fromTop ? line.box[1] : content.height - line.box[3];
    if (edge > limit) return [];
    const next = sorted.slice(index + 1).find((other) => Math.abs(other.baseline - line.baseline) > line.size * 0.5);
    const distance = next === undefined ? 0 : Math.abs(next.baseline - line.baseline);
    return [{ line, y: edge, edge, apart: distance > line.size * 1.9 }];
  });
}

/** A numbered line right below a short line that begins where it begins: the only footnote of its page. */
function isUnderNoteRule({ text, box, baseline, size }: Line, { rules, width }: PageLines['content']): boolean {
  return (
    /^(?:\d{1,3}|[*†‡§①-⑳])\s*[^\d\s]/u.test(text.trim()) &&
    rules.some(
      ({ horizontal, at, from, to }) =>
        horizontal &&
        Math.abs(from - box[0]) < 4 &&
        to - from > 20 &&
        to - from < width * 0.5 &&
        at < baseline &&
        box[1] - at < size * 1.6,
    )
  );
}

function mask(text: string): string {
  return text
    .replace(/\d+/g, '#')
    .replace(/\b[ivxlc]+\b/gi, '#')
    .replace(/\s+/g, '')
    .toLowerCase();
}
