import { FieldkitError } from '@fieldkit/core';
import { SaxesParser } from 'saxes';
import { localName } from './parts.ts';

export interface Sheet {
  /** By row and column from 0; sparse. */
  readonly cells: ReadonlyMap<number, ReadonlyMap<number, SheetCell>>;
  /** First and last row and column, inclusive. */
  readonly merges: readonly {
    readonly top: number;
    readonly left: number;
    readonly bottom: number;
    readonly right: number;
  }[];
  readonly hiddenRows: number;
  readonly hiddenColumns: number;
}

export interface SheetCell {
  readonly text: string;
  readonly isNumber: boolean;
}

export interface ReadSheetOptions {
  readonly uri: string;
  readonly strings: readonly string[];
  /** The text of a number in the style with this index. */
  readonly format: (value: number, style: number) => string;
}

/** More than any sheet that people read; a table of a database belongs into a tool. */
const MAX_CELLS = 2_000_000;
const MAX_MERGES = 100_000;

/** The cells of a worksheet that have a text, read as a stream: a tree of a large sheet would not fit. Hidden rows and columns are left out. */
export function readSheet(part: Buffer, { uri, strings, format }: ReadSheetOptions): Sheet {
  const cells = new Map<number, Map<number, SheetCell>>();
  const merges: { top: number; left: number; bottom: number; right: number }[] = [];
  const hidden: [number, number][] = [];
  let hiddenRows = 0;
  let count = 0;
  let row = -1;
  let rowHidden = false;
  let column = -1;
  let type = 'n';
  let style = 0;
  let value = '';
  let inline = '';
  let taking: 'value' | 'inline' | undefined;
  let failure: Error | undefined;

  const parser = new SaxesParser();
  parser.on('error', (error) => {
    failure ??= error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const local = localName(name);
    if (local === 'row') {
      row = Number(attributes.r ?? row + 2) - 1;
      rowHidden = isTrue(attributes.hidden);
      if (rowHidden) hiddenRows += 1;
      column = -1;
    } else if (local === 'c') {
      const at = attributes.r === undefined ? undefined : parseReference(attributes.r);
      column = at?.column ?? column + 1;
      type = attributes.t ?? 'n';
      style = Number(attributes.s ?? 0);
      value = '';
      inline = '';
    } else if (local === 'v') taking = 'value';
    else if (local === 't') taking = 'inline';
    else if (local === 'mergeCell' && merges.length < MAX_MERGES) {
      const [from, to] = (attributes.ref ?? '').split(':').map(parseReference);
      if (from !== undefined && to !== undefined)
        merges.push({ top: from.row, left: from.column, bottom: to.row, right: to.column });
    } else if (local === 'col' && isTrue(attributes.hidden)) {
      hidden.push([Number(attributes.min) - 1, Number(attributes.max) - 1]);
    }
  });
  parser.on('text', (text) => {
    if (taking === 'value') value += text;
    else if (taking === 'inline') inline += text;
  });
  parser.on('closetag', ({ name }) => {
    const local = localName(name);
    if (local === 'v' || local === 't') taking = undefined;
    if (local !== 'c' || rowHidden || hidden.some(([from, to]) => column >= from && column <= to)) return;
    const text = textOf(type, value, inline, style);
    if (text.trim() === '' || !Number.isInteger(row) || row < 0) return;
    count += 1;
    if (count > MAX_CELLS) {
      throw new FieldkitError('FILE_TOO_LARGE', `${uri} has a sheet of more than ${MAX_CELLS} cells: split it`);
    }
    const line = cells.get(row) ?? new Map<number, SheetCell>();
    line.set(column, { text, isNumber: type === 'n' });
    cells.set(row, line);
  });
  const textOf = (kind: string, stored: string, direct: string, styleIndex: number): string => {
    if (kind === 's') return strings[Number(stored)] ?? '';
    if (kind === 'inlineStr') return direct;
    if (kind === 'b') return stored === '1' ? 'TRUE' : 'FALSE';
    if (kind === 'n' && stored !== '' && Number.isFinite(Number(stored))) return format(Number(stored), styleIndex);
    return stored;
  };
  parser.write(part.toString('utf8')).close();
  if (failure !== undefined) {
    throw new FieldkitError('FILE_DAMAGED', `${uri} has a damaged sheet: open it in its program and save it again`, {
      cause: failure,
    });
  }
  const hiddenColumns = hidden.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, 16_383) - from + 1), 0);
  return { cells, merges, hiddenRows, hiddenColumns };
}

/** `B7` is row 6, column 1. */
function parseReference(reference: string): { row: number; column: number } | undefined {
  const match = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/.exec(reference);
  if (match === null) return undefined;
  const column = [...(match[1] ?? '')].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
  return { row: Number(match[2]) - 1, column };
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}
