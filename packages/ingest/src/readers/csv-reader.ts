import { FieldkitError, tableText } from '@fieldkit/core';
import { parse } from 'csv-parse/sync';
import { MEDIA } from '../file-type.ts';
import type { Reader } from '../reader.ts';
import { decodeText } from '../text/decode-text.ts';

/** Comma, semicolon or tab separated values: one table whose first row is the header. */
export const csvReader: Reader = {
  name: 'CSV',
  mediaTypes: [MEDIA.csv],
  extensions: ['csv', 'tsv'],
  async read(bytes, { uri }) {
    const { text, encoding } = decodeText(bytes);
    const delimiter = likeliestDelimiter(text);
    let records: string[][];
    try {
      records = parse(text, { delimiter, relaxColumnCount: true, relaxQuotes: true, skipEmptyLines: true, bom: true });
    } catch (cause) {
      throw new FieldkitError('FILE_DAMAGED', `${uri} is no readable CSV: save it again with quotes around its texts`, {
        cause,
      });
    }
    const width = Math.max(0, ...records.map((row) => row.length));
    const rows = records.map((row) =>
      Array.from({ length: width }, (_, index) => ({ text: (row[index] ?? '').trim() })),
    );
    const table = { rows, headerRows: rows.length > 1 ? 1 : 0 };
    return {
      blocks: rows.length === 0 ? [] : [{ kind: 'table', text: tableText(table), table }],
      metadata: { encoding, rows: Math.max(0, rows.length - 1), columns: width },
      findings: [],
    };
  },
};

/** The separator that occurs most often and most evenly in the first lines. */
function likeliestDelimiter(text: string): string {
  const lines = text.split(/\r?\n/, 20).filter((line) => line.trim() !== '');
  const evenness = (separator: string) => {
    const counts = lines.map((line) => line.split(separator).length - 1);
    return Math.min(...counts) * 1000 + counts.reduce((sum, count) => sum + count, 0);
  };
  return [',', ';', '\t', '|'].reduce((best, separator) => (evenness(separator) > evenness(best) ? separator : best));
}
