import { type Box, median, overlap } from './geometry.ts';
import { buildLines, type Line, makeLine } from './lines.ts';
import type { PageItem } from './page-region.ts';
import type { PageTable } from './page-table.ts';
import { listMarker } from './paragraphs.ts';
import type { RowArea } from './row-areas.ts';
import { splitLine } from './segments.ts';
import { columnsOf } from './table-columns.ts';
import { tableOfWords } from './word-table.ts';
import { CJK, type Word } from './words.ts';

/** What stands in a region, before tables without lines are found. */
export type LineItem =
  | { readonly kind: 'line'; readonly top: number; readonly line: Line }
  | { readonly kind: 'table'; readonly top: number; readonly table: PageTable }
  | { readonly kind: 'area'; readonly top: number; readonly words: readonly Word[]; readonly hint: RowArea };

type Run = Extract<LineItem, { kind: 'line' | 'area' }>[];

/**
 * Finds tables that no line or shade marks (three rows or more of short cells in columns), and completes marked ones with the rows
 * that follow or precede their marks. Everything else stays as lines.
 */
export function findBorderless(items: readonly LineItem[], region: Box): PageItem[] {
  const found: PageItem[] = [];
  let run: Run = [];
  const flush = () => {
    found.push(...itemsOfRun(run, region));
    run = [];
  };
  for (const item of items) {
    if (item.kind === 'table') {
      flush();
      found.push({ kind: 'table', table: item.table });
    } else if (item.kind === 'area' || isRowLike(item.line, region)) {
      if (run.length === 0) run.push(...wrappedAbove(found, item, region));
      run.push(item);
    } else if (run.length > 0 && continues(run, item.line, region)) run.push(item);
    else {
      flush();
      found.push({ kind: 'line', line: item.line });
    }
  }
  flush();
  return found;
}

/** First lines of cells that are centred beside the first row: they overlap it, or stand as close as lines of one cell. */
function wrappedAbove(found: PageItem[], first: Run[number], region: Box): Run {
  const taken: Run = [];
  let top = first.kind === 'line' ? first.line.box[1] : first.hint.box[1];
  for (let last = found.at(-1); last?.kind === 'line'; last = found.at(-1)) {
    const { line } = last;
    const close = top - line.box[3] < -line.size * 0.2;
    if (!close || line.box[2] - line.box[0] > (region[2] - region[0]) * 0.4 || line.bold) break;
    found.pop();
    taken.unshift({ kind: 'line', top: line.box[1], line });
    top = line.box[1];
  }
  return taken;
}

/** Has a gap as between columns, and its parts are no sentence. */
function isRowLike(line: Line, region: Box): boolean {
  if (/\.{4,}|…{2,}|(?:\. ){4,}/.test(line.text)) return false; // leaders of a table of contents
  const segments = splitLine(line, 1.1);
  if (segments.length < 2) return false;
  const [first] = segments;
  const marker = listMarker(line.text);
  if (
    segments.length === 2 &&
    marker !== undefined &&
    first !== undefined &&
    first.characters <= marker.text.trim().length + 1
  )
    return false;
  const width = region[2] - region[0];
  return segments.every(({ box }) => box[2] - box[0] < width * 0.75);
}

/** A wrapped cell below a row: short, close, and within one column. */
function continues(run: Run, line: Line, region: Box): boolean {
  const last = run.at(-1);
  const bottom = last === undefined ? 0 : last.kind === 'line' ? last.line.box[3] : last.hint.box[3];
  if (line.box[1] - bottom > line.size * 0.9) return false;
  if (line.box[2] - line.box[0] > (region[2] - region[0]) * 0.45) return false;
  const sizes = last?.kind === 'line' ? last.line.size : line.size;
  return Math.abs(sizes - line.size) < 0.6 && !(last?.kind === 'line' && last.line.bold !== line.bold && line.bold);
}

function itemsOfRun(run: Run, region: Box): PageItem[] {
  if (run.length === 0) return [];
  // Single lines at the end that only followed are text again.
  const areas = run.filter((item) => item.kind === 'area');
  const trailing: Run = [];
  while (run.length > 0) {
    const last = run.at(-1);
    if (last === undefined || last.kind === 'area' || isRowLike(last.line, region)) break;
    const above = run.at(-2);
    const bottom =
      above === undefined ? Number.NEGATIVE_INFINITY : above.kind === 'line' ? above.line.box[3] : above.hint.box[3];
    // Closer than rows are to each other: the last line of a wrapped cell.
    if (last.line.box[1] - bottom < Math.min(last.line.size * 0.4, rowGap(run) * 0.6)) break;
    trailing.unshift(last);
    run.pop();
  }
  const after = trailing.map(
    (item): PageItem => (item.kind === 'line' ? { kind: 'line', line: item.line } : asTable(item)),
  );
  const attempts = areas.length === 0 ? [run] : splitAroundAreas(run);
  return [...attempts.flatMap((part) => tableOrLines(part)), ...after];
}

/** Usual empty space between rows. */
function rowGap(run: Run): number {
  const lines = run.flatMap((item) => (item.kind === 'line' ? [item.line] : buildLines(item.words)));
  return median(
    lines
      .slice(1)
      .map((line, index) => line.box[1] - (lines[index]?.box[3] ?? 0))
      .filter((gap) => gap > 0),
  );
}

/** An area with the rows around it that fit its columns; two areas that do not fit stay apart. */
function splitAroundAreas(run: Run): Run[] {
  const parts: Run[] = [];
  for (const item of run) {
    const last = parts.at(-1);
    if (last !== undefined && fitsTogether(last, item)) last.push(item);
    else parts.push([item]);
  }
  return parts;
}

function fitsTogether(part: Run, item: Run[number]): boolean {
  const last = part.at(-1);
  if (last === undefined) return false;
  if (last.kind === 'line' && item.kind === 'line') return true;
  const box = (one: Run[number]) => (one.kind === 'line' ? one.line.box : one.hint.box);
  const [a, b] = [box(last), box(item)];
  const size = item.kind === 'line' ? item.line.size : last.kind === 'line' ? last.line.size : 9;
  if (b[1] - a[3] > size * 2.2) return false;
  if (last.kind === 'area' && item.kind === 'area') return Math.abs(a[0] - b[0]) < 6 && Math.abs(a[2] - b[2]) < 6;
  return overlap(a[0], a[2], b[0], b[2]) > 0.9 * Math.min(a[2] - a[0], b[2] - b[0]);
}

function tableOrLines(part: Run): PageItem[] {
  const areas = part.filter((item) => item.kind === 'area');
  const words = part.flatMap((item) => (item.kind === 'line' ? item.line.words : item.words));
  if (areas.length > 0) {
    const hint = {
      separators: areas.flatMap(({ hint: { box, separators } }) => [box[1], ...separators, box[3]]),
      everyRow: areas.some(({ hint: { everyRow } }) => everyRow),
      partial: areas.flatMap(({ hint: { partial = [] } }) => partial),
      ...(areas[0]?.hint.headerBottom !== undefined &&
        part[0]?.kind === 'area' && { headerBottom: areas[0].hint.headerBottom }),
    };
    const whole = tableOfWords(words, hint);
    const own = areas.map(({ words: inside, hint: alone }) => tableOfWords(inside, alone)?.columns.length ?? 0);
    if (whole !== undefined && whole.columns.length >= Math.max(...own)) return [{ kind: 'table', table: whole }];
    return part.map((item): PageItem => (item.kind === 'line' ? { kind: 'line', line: item.line } : asTable(item)));
  }
  const table = part.length >= 3 ? tableOfWords(words) : undefined;
  if (table !== undefined && isConvincing(table) && !isTextBeside(table)) return [{ kind: 'table', table }];
  return part.flatMap((item): PageItem[] =>
    item.kind === 'line' ? [{ kind: 'line', line: item.line }] : [asTable(item)],
  );
}

function asTable(item: Extract<LineItem, { kind: 'area' }>): PageItem {
  const table = tableOfWords(item.words, item.hint);
  if (table === undefined) throw new Error('an area was accepted because it is a table');
  return { kind: 'table', table };
}

/** Columns that are drawn one after the other, of parts of sentences: text in boxes beside each other. */
function isTextBeside({ rows, columns, words }: PageTable): boolean {
  const filled = rows.flat().filter(({ text }) => text !== '');
  const mean = filled.reduce((sum, { text }) => sum + widthOf(text), 0) / Math.max(1, filled.length);
  if (columns.length > 4 || mean < 12) return false;
  const left = Math.min(...words.map(({ box }) => box[0]));
  const columnOf = (word: Word) => columns.findLastIndex((at) => word.box[0] >= left + at - 2);
  const drawn = [...words].sort((one, other) => one.order - other.order).map(columnOf);
  const changes = drawn.filter((column, index) => index > 0 && column !== drawn[index - 1]).length;
  return changes <= columns.length;
}

/** Between rows of a table without lines, in parts of the font size. */
const ROW_GAP = 1.5;
/** Between the lines of one cell. */
const TIGHT = 0.4;

/**
 * Tables without lines that stand across columns of text: rows of three or more short cells, and lines of wrapped cells between and
 * beside them that keep to the columns of those rows.
 */
export function tableBands(words: readonly Word[]): PageTable[] {
  const lines = buildLines(words);
  const tables: PageTable[] = [];
  let next = 0; // the first line that is in no table yet
  for (let at = 0; at < lines.length; at += 1) {
    const seed = lines[at];
    if (at < next || seed === undefined || !isRowOfCells(seed)) continue;
    const rows = [seed];
    const band = [seed];
    for (const line of lines.slice(at + 1)) {
      const gap = line.box[1] - (band.at(-1)?.box[3] ?? 0);
      if (gap > line.size * ROW_GAP) break;
      if (isRowOfCells(line)) rows.push(line);
      const kept = rows.at(-1) === line ? line : partInColumns(line, rows);
      if (kept === undefined || (kept !== line && gap > line.size * TIGHT)) break;
      band.push(kept);
      if (kept !== line) break;
    }
    const end = at + band.length;
    // Header rows of fewer cells, and the first lines of wrapped ones.
    for (let above = at - 1; above >= next; above -= 1) {
      const line = lines[above];
      if (line === undefined) break;
      const limit = splitLine(line, 0.8).length > 1 ? ROW_GAP : TIGHT;
      if ((band[0]?.box[1] ?? 0) - line.box[3] > line.size * limit) break;
      if (partInColumns(line, rows) !== line) break;
      band.unshift(line);
    }
    if (rows.length < 3) continue;
    const table = tableOfWords(band.flatMap((line) => line.words));
    if (table === undefined || table.columns.length < 3 || !isConvincing(table) || isTextBeside(table)) continue;
    tables.push(table);
    next = end;
  }
  return tables;
}

/** What of the line is aligned with a column of the rows and stands in no other: the line itself when all of it does, undefined when nothing. */
function partInColumns(line: Line, rows: readonly Line[]): Line | undefined {
  if (Math.abs(line.size - (rows[0]?.size ?? 0)) >= 0.6) return undefined;
  const columns = columnsOf(
    rows.map(({ words, box }) => ({ words: [...words], top: box[1], bottom: box[3] })),
    0.6,
    0,
  );
  const segments = splitLine(line, 0.8);
  const fitting = segments.filter(({ box: [left, , right] }) => {
    const touched = columns.filter(({ from, to }) => overlap(left, right, from, to) > 0);
    const [own] = touched;
    const near = (one: number, other: number) => Math.abs(one - other) < 3;
    return (
      own !== undefined &&
      touched.length === 1 &&
      (near(left, own.from) || near(right, own.to) || near(left + right, own.from + own.to))
    );
  });
  if (fitting.length === 0) return undefined;
  return fitting.length === segments.length ? line : makeLine(fitting.flatMap(({ words }) => words));
}

function isRowOfCells(line: Line): boolean {
  const segments = splitLine(line, 0.8);
  const lengths = segments.map(({ words }) => widthOf(words.map(({ text }) => text).join(' ')));
  return segments.length >= 3 && Math.max(...lengths) <= 34 && !/\.{4,}|…{2,}/.test(line.text);
}

/** Without any drawn mark: three rows of two or more cells, short cells, most of them filled. */
export function isConvincing(table: PageTable): boolean {
  const { rows, columns } = table;
  if (rows.length < 3 || columns.length < 2 || columns.length > 25) return false;
  const cells = rows.flat();
  const filled = cells.filter(({ text }) => text !== '');
  if (filled.length < rows.length * columns.length * 0.45) return false;
  const several = rows.filter((row) => row.filter(({ text }) => text !== '').length >= 2).length;
  if (several < rows.length * 0.6) return false;
  const mean = filled.reduce((sum, { text }) => sum + widthOf(text), 0) / filled.length;
  const longest = Math.max(...filled.map(({ text }) => widthOf(text)));
  if (mean > 40 || longest > 160) return false;
  const markers = rows.filter((row) =>
    /^(?:[•●○▪■◦·–—-]|\(?\d{1,3}[.)]|\(?[a-z][.)])$/i.test(row[0]?.text ?? ''),
  ).length;
  return !(columns.length === 2 && markers > rows.length * 0.5);
}

/** In Latin characters; a CJK character counts twice. */
function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (CJK.test(character) ? 2 : 1), 0);
}
