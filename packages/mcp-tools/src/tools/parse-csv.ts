import { FieldkitError } from '@fieldkit/core';

/** A table of texts: the first row of the file gives the columns. */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Longest table that is held in memory. */
const MAX_ROWS = 200_000;

/**
 * Reads CSV (RFC 4180; the separator that is given, else comma, semicolon or tab, whichever the first line has most of). UTF-8, with or without byte order mark, else GB18030.
 *
 * @throws {FieldkitError} `FILE_EMPTY`, `FILE_DAMAGED` (an open quotation mark, a row that is too long, a column without or with a repeated name),
 * `FILE_TOO_LARGE`.
 */
export function parseCsv(bytes: Uint8Array, where = 'the table', separator?: ',' | ';' | '\t'): TextTable {
  const text = decode(bytes);
  return textTable(split(text, separator ?? separatorOf(text), where), where);
}

/**
 * Rows of texts as a table: the first that is not empty names the columns; a row that is too short is filled up.
 *
 * @throws {FieldkitError} `FILE_EMPTY`, `FILE_DAMAGED` (a row that is too long, a column without or with a repeated name).
 */
export function textTable(records: readonly (readonly string[])[], where = 'the table'): TextTable {
  const [header, ...body] = records.filter((record) => record.some((cell) => cell !== ''));
  if (header === undefined)
    throw new FieldkitError('FILE_EMPTY', `${where} has no row; its first row must name the columns`);
  const columns = header.map((name) => name.trim());
  const odd = columns.findIndex((name, index) => name === '' || columns.indexOf(name) !== index);
  if (odd !== -1)
    throw new FieldkitError(
      'FILE_DAMAGED',
      `${where}: column ${odd + 1} has no name of its own (${JSON.stringify(columns[odd])})`,
    );
  const rows = body.map((record, index) => {
    if (record.length > columns.length) {
      throw new FieldkitError(
        'FILE_DAMAGED',
        `${where}: row ${index + 2} has ${record.length} cells for ${columns.length} columns; is a quotation mark missing?`,
      );
    }
    return columns.map((_, column) => record[column] ?? '');
  });
  return { columns, rows };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

function separatorOf(text: string): string {
  const [line = ''] = text.split(/\r\n|\r|\n/, 1);
  const count = (separator: string) => line.split(separator).length;
  return [',', ';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

function split(text: string, separator: string, where: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    record.push(cell);
    cell = '';
  };
  const endRecord = () => {
    endCell();
    records.push(record);
    record = [];
    if (records.length > MAX_ROWS)
      throw new FieldkitError('FILE_TOO_LARGE', `${where} has more than ${MAX_ROWS} rows; put it into a database`);
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === separator) endCell();
    else if (character === '\n' || character === '\r') {
      if (character === '\r' && text.charAt(at + 1) === '\n') at += 1;
      endRecord();
    } else cell += character;
  }
  if (quoted)
    throw new FieldkitError('FILE_DAMAGED', `${where}: a quotation mark is never closed (row ${records.length + 1})`);
  if (cell !== '' || record.length > 0) endRecord();
  return records;
}
