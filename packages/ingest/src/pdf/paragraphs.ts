import type { Box } from './geometry.ts';
import { holdsCentre, median, union } from './geometry.ts';
import type { Line } from './lines.ts';
import type { Rule } from './page-content.ts';
import type { PageTable } from './page-table.ts';
import type { Turn } from './turns.ts';

/** Lines that belong together, on one page and in one column. */
export interface Paragraph {
  readonly kind: 'text';
  readonly page: number;
  readonly turn?: Turn;
  readonly lines: readonly Line[];
  readonly size: number;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly monospace: boolean;
  readonly colour: string;
  /** Typeface of all its lines; empty when they differ. */
  readonly family: string;
  /** Empty space above, in lines; infinite at the top of a region. */
  readonly gapAbove: number;
  readonly gapBelow: number;
  /** Its column. */
  readonly region: Box;
  readonly marker?: ListMarker;
  readonly centred: boolean;
  /** It stands beside the running text. */
  readonly aside?: true;
  /** It stands inside a picture: a label of the figure. */
  readonly label: boolean;
  /** It stands below the short line that separates notes from the text, in small type. */
  readonly note?: boolean;
  /** The file's own tags say where it begins and ends, and perhaps what it is. */
  readonly tagged?: boolean;
  readonly level?: number;
  readonly role?: 'caption' | 'footnote' | 'code' | 'image';
}

export interface TablePiece {
  readonly kind: 'table';
  readonly page: number;
  readonly turn?: Turn;
  readonly table: PageTable;
  readonly region: Box;
}

export interface ListMarker {
  readonly text: string;
  readonly ordered: boolean;
}

/** Signs that nothing but a list begins with; those that text has, too, and what symbol fonts put into private or control codes, before a space. */
const BULLET =
  /^(?:[•●○◦▪▫■□‣⁃∙·➢➤✓✔❖◆◇★☆►▶▸▹▷◾◽❯☐☑☒✗✘✦✧\uf0b7\uf0a7\uf0d8\uf076]|[-–—*→⇒»›\ue000-\uf8ff\u0001-\u0008\u000e-\u001f\u0080-\u009f\ufffd](?=\s))\s*/;
const ORDERED =
  /^(?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)）]|（(?:\d{1,3}|[一二三四五六七八九十]{1,3})）|[①-⑳])(?=\s|\p{Script=Han}|$)/iu;

export function listMarker(text: string): ListMarker | undefined {
  const bullet = BULLET.exec(text)?.[0];
  if (bullet !== undefined && bullet.length < text.length) return { text: bullet, ordered: false };
  const ordered = ORDERED.exec(text)?.[0];
  if (ordered !== undefined && ordered.length < text.length) return { text: ordered, ordered: true };
  return undefined;
}

export interface ParagraphOptions {
  readonly region: Box;
  readonly page: number;
  /** How the frame of all boxes stands on the page; absent when it is the page's own. */
  readonly turn?: Turn;
  /** Pictures that are part of the page, not the page itself. */
  readonly images: readonly Box[];
  readonly pitch: (size: number) => number;
}

/** The lines of a region as paragraphs. `pitch` gives the usual distance of baselines for a font size. */
export function buildParagraphs(
  lines: readonly Line[],
  { region, page, turn, images, pitch }: ParagraphOptions,
): Paragraph[] {
  const groups: { lines: Line[]; gapAbove: number }[] = [];
  lines.forEach((line, index) => {
    const previous = lines[index - 1];
    const gap =
      previous === undefined
        ? Number.POSITIVE_INFINITY
        : (line.baseline - previous.baseline) / pitch(Math.max(line.size, previous.size));
    const group = groups.at(-1);
    if (previous === undefined || group === undefined || startsParagraph(group.lines, line, gap, region))
      groups.push({ lines: [line], gapAbove: gap });
    else group.lines.push(line);
  });
  return groups.map(({ lines: own, gapAbove }, index) =>
    makeParagraph(own, gapAbove, groups[index + 1]?.gapAbove ?? Number.POSITIVE_INFINITY, {
      region,
      page,
      images,
      ...(turn !== undefined && { turn }),
    }),
  );
}

export function makeParagraph(
  lines: readonly Line[],
  gapAbove: number,
  gapBelow: number,
  { region, page, turn, images }: Omit<ParagraphOptions, 'pitch'>,
): Paragraph {
  const widest = lines.reduce((left, right) => (right.text.length > left.text.length ? right : left));
  const marker = listMarker(lines[0]?.text ?? '');
  const box = union(lines.map((line) => line.box));
  const width = region[2] - region[0];
  const leftSpace = box[0] - region[0];
  const rightSpace = region[2] - box[2];
  return {
    kind: 'text',
    page,
    ...(turn !== undefined && { turn }),
    lines,
    size: median(lines.map(({ size }) => size)),
    bold: lines.every(({ bold }) => bold),
    italic: lines.every(({ italic }) => italic),
    monospace: lines.every(({ monospace }) => monospace),
    colour: widest.colour,
    family: lines.every(({ family }) => family === widest.family) ? widest.family : '',
    gapAbove,
    gapBelow,
    region,
    label: images.some((image) => holdsCentre(image, box)),
    centred: leftSpace > width * 0.08 && Math.abs(leftSpace - rightSpace) < width * 0.06,
    ...(marker !== undefined && { marker }),
  };
}

function startsParagraph(group: readonly Line[], line: Line, gap: number, region: Box): boolean {
  const previous = group.at(-1) ?? line;
  const first = group[0] ?? line;
  const size = Math.max(line.size, previous.size);
  if (gap > 1.3) return true;
  if (Math.abs(line.size - previous.size) > size * 0.08 && Math.min(line.text.length, previous.text.length) > 3)
    return true;
  if (line.bold !== previous.bold && group.every(({ bold }) => bold === previous.bold)) {
    // A bold lead-in goes on in plain type on its own line; a line that is bold from end to end stands alone.
    const full = previous.box[2] > region[2] - size * 2 || endsFull(previous, region, line);
    if (!(full && previous.bold && group.length === 1 && line.box[0] <= previous.box[0] + 1 && !isPlain(previous)))
      return true;
  }
  if (line.monospace !== previous.monospace) return true;
  if (line.colour !== previous.colour && (line.bold || previous.bold)) return true;
  if (
    listMarker(line.text) !== undefined &&
    !(listMarker(first.text) === undefined && line.box[0] < first.box[0] - size && gap < 1.05)
  ) {
    const marker = listMarker(line.text);
    // A wrapped line may begin with a number and a full stop; a list's items begin left of, or like, the first line.
    const hanging =
      listMarker(first.text) !== undefined &&
      line.box[0] > first.box[0] + size * 0.5 &&
      endsFull(previous, region, line) &&
      marker?.ordered === true;
    if (!hanging)
      return (
        marker?.ordered !== true ||
        gap > 1.02 ||
        !endsFull(previous, region, line) ||
        listMarker(first.text) !== undefined
      );
  }
  if (previous.monospace) return false;
  const hangs = listMarker(first.text) !== undefined || (group.length === 1 && hangsFromNumber(first, line));
  const indent = line.box[0] - (group.length > 1 ? previous.box[0] : region[0]);
  if (
    !hangs &&
    indent > size * 0.9 &&
    indent < size * 5 &&
    Math.abs(previous.box[0] - region[0]) < size * 3 &&
    !isCentred(previous, region)
  ) {
    if (group.length > 1 || !endsFull(previous, region, line)) return true;
    if (previous.box[0] < line.box[0] - size * 0.9) return true;
  }
  return !endsFull(previous, region, line) && endsSentence(previous.text, line.text);
}

/** The line stands below the text behind the number that the first line begins with: `1.1  The Supplier`, `第三条　供应商`. */
function hangsFromNumber({ words: [label, text], size }: Line, { box }: Line): boolean {
  if (label === undefined || text === undefined || Math.abs(text.box[0] - box[0]) > size * 0.7) return false;
  return /^(?:\(?\p{N}{1,3}(?:\.\p{N}{1,3})*[.)、]?|第[\d一二三四五六七八九十百]+[章节条款])$/u.test(label.text);
}

/** The next line's first word would not have fitted on the line: it was broken there because it was full. */
function endsFull(line: Line, region: Box, next: Line): boolean {
  const [word] = next.words;
  if (word === undefined) return true;
  const wordWidth = Math.min(word.box[2] - word.box[0], line.size * 12);
  const needed = /\p{Script=Han}/u.test(word.text.at(0) ?? '') ? line.size * 1.6 : wordWidth + line.size * 0.3;
  // A line that is set to the right ends at the edge however short it is.
  const setRight = line.box[0] - region[0] > (region[2] - region[0]) * 0.35;
  const end = setRight ? region[0] + line.box[2] - line.box[0] : line.box[2];
  return end + needed > region[2] - line.size * 0.3;
}

function endsSentence(text: string, next: string): boolean {
  return /[.!?:;。！？：；…]["'”’）)」』]*$/.test(text.trim()) || (text.length < 40 && !/^\p{Ll}/u.test(next));
}

function isCentred(line: Line, region: Box): boolean {
  const left = line.box[0] - region[0];
  const right = region[2] - line.box[2];
  return left > line.size * 2 && Math.abs(left - right) < line.size * 1.5;
}

function isPlain(line: Line): boolean {
  return line.words.every(({ font }) => font.bold === line.bold);
}

/** Marks what stands below a short line at the left edge of its column, as programs draw it above footnotes, wherever on the page that is. */
export function markNotes<T extends Paragraph | TablePiece>(pieces: readonly T[], rules: readonly Rule[]): T[] {
  const short = (region: Box) =>
    rules.filter(
      ({ horizontal, from, to }) =>
        horizontal && Math.abs(from - region[0]) < 4 && to - from > 20 && to - from < (region[2] - region[0]) * 0.7,
    );
  let note: Paragraph | undefined;
  return pieces.map((piece) => {
    const first = piece.kind === 'text' ? piece.lines[0] : undefined;
    if (piece.kind !== 'text' || first === undefined) {
      note = undefined;
      return piece;
    }
    const goesOn = note?.region === piece.region && Math.abs(note.size - piece.size) < 0.6;
    const begins = short(piece.region).some(({ at }) => at < first.baseline && first.box[1] - at < first.size * 1.6);
    note = begins || goesOn ? piece : undefined;
    return note === undefined ? piece : { ...piece, note: true };
  });
}
