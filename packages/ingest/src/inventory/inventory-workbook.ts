import type { DuplicateReport } from '../duplicates/find-duplicates.ts';
import type { Inventory, InventoryRow } from './inventory-of.ts';
import { type InventoryLabels, inventoryLabels } from './labels.ts';

export interface InventoryWorkbookOptions {
  /** Of headings, rules and remarks. Default `en`. */
  readonly language?: 'zh' | 'en';
  readonly project: string;
  /** Day on the sheet, `2026-11-22`. */
  readonly date: string;
  /** Relations for the third sheet, with the paths of the documents. */
  readonly duplicates: Pick<DuplicateReport, 'duplicates' | 'nearDuplicates' | 'versions'>;
  readonly uriOf: (documentId: string) => string;
}

/** Column widths in characters. */
const DOCUMENT_WIDTHS = [5, 38, 34, 9, 10, 7, 10, 12, 11, 12, 11, 7, 44];
const RELATION_WIDTHS = [44, 18, 44, 14, 60];

interface Cell {
  readonly value: string | number;
  readonly type: StringConstructor | NumberConstructor;
  readonly [style: string]: unknown;
}
type Row = (Cell | null)[];

const HEADER = {
  fontWeight: 'bold',
  backgroundColor: '#e8eef7',
  borderStyle: 'thin',
  borderColor: '#9aa7b8',
  wrap: true,
  alignVertical: 'center',
} as const;
const BODY = { borderStyle: 'thin', borderColor: '#c9d1dc', wrap: true, alignVertical: 'top' } as const;
const WARN = { ...BODY, backgroundColor: '#fff4d6' } as const;

/**
 * The inventory as an XLSX file to sign: a summary with totals, counting rules and signature block; the documents; duplicates and
 * versions. Text of documents is written as text, never as a formula.
 */
export async function inventoryWorkbook(inventory: Inventory, options: InventoryWorkbookOptions): Promise<Uint8Array> {
  const labels = inventoryLabels[options.language ?? 'en'];
  const { default: writeXlsxFile } = await import('write-excel-file/node');
  const [summary, documents, relations] = labels.sheets;
  const sheets = [
    {
      sheet: summary,
      data: summarySheet(inventory, labels, options),
      columns: [{ width: 34 }, { width: 34 }, { width: 34 }, { width: 34 }],
      showGridLines: false,
      orientation: 'landscape' as const,
    },
    {
      sheet: documents,
      data: documentsSheet(inventory, labels),
      columns: DOCUMENT_WIDTHS.map((width) => ({ width })),
      stickyRowsCount: 1,
      orientation: 'landscape' as const,
    },
    {
      sheet: relations,
      data: relationsSheet(options, labels),
      columns: RELATION_WIDTHS.map((width) => ({ width })),
      stickyRowsCount: 1,
      orientation: 'landscape' as const,
    },
  ];
  return new Uint8Array(
    await writeXlsxFile(sheets, { fontFamily: labels.font, fontSize: 10, features: [fitToWidth] }).toBuffer(),
  );
}

/** Prints on A4 with all columns on one page, as many pages down as it takes. */
const fitToWidth = {
  files: {
    transform: {
      'xl/worksheets/sheet{id}.xml': {
        transform: (xml: string) =>
          xml
            .replace(/<worksheet[^>]*>/, '$&<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>')
            .replace('<pageSetup ', '<pageSetup fitToWidth="1" fitToHeight="0" '),
      },
    },
  },
};

function text(value: string, style: Record<string, unknown> = BODY): Cell {
  return { value: clean(value), type: String, ...style };
}

function number(value: number, style: Record<string, unknown> = BODY): Cell {
  return { value, type: Number, format: '#,##0', ...style };
}

/** Without characters that XML 1.0 forbids, and within Excel's 32,767 characters of a cell. */
function clean(value: string): string {
  return value
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .toWellFormed()
    .slice(0, 32_000);
}

function summarySheet(
  { totals, rules }: Inventory,
  labels: InventoryLabels,
  { project, date }: InventoryWorkbookOptions,
): Row[] {
  const wide = (value: string, style: Record<string, unknown> = { wrap: true, alignVertical: 'top' }): Row => [
    text(value, { ...style, columnSpan: 4 }),
    null,
    null,
    null,
  ];
  const pair = (label: string, value: Cell): Row => [text(label), value];
  const counted = Object.entries(labels.totals).map(([name, label]): Row => {
    const strong = name === 'units' ? { ...HEADER, align: 'right' } : BODY;
    const value = totals[name as keyof typeof totals]; // the labels have the keys of the totals
    return [text(label, name === 'units' ? HEADER : BODY), number(value, strong)];
  });
  const { pagesPerUnit, charactersPerPage } = rules;
  const [customer, provider] = labels.parties;
  return [
    wide(`${labels.title}`, { fontSize: 16, fontWeight: 'bold', height: 28 }),
    pair(labels.project, text(project)),
    pair(labels.madeOn, text(date)),
    [],
    ...counted,
    [],
    wide(labels.rulesTitle, { fontWeight: 'bold' }),
    ...labels
      .rules(pagesPerUnit, charactersPerPage.cjk, charactersPerPage.other)
      .map((rule, index) => wide(`${index + 1}. ${rule}`, { wrap: true, alignVertical: 'top', height: 32 })),
    [],
    wide(labels.declaration, { wrap: true, fontWeight: 'bold', height: 32 }),
    [text(customer, { ...HEADER, columnSpan: 2 }), null, text(provider, { ...HEADER, columnSpan: 2 }), null],
    ...labels.signature.map((label): Row => {
      const tall = { ...BODY, height: 30, alignVertical: 'center' };
      return [text(label, tall), text('', tall), text(label, tall), text('', tall)];
    }),
  ];
}

function documentsSheet({ rows, totals }: Inventory, labels: InventoryLabels): Row[] {
  const header = labels.columns.map((column) => text(column, HEADER));
  const body = rows.map((row): Row => {
    const style = row.notCounted !== undefined || row.supersededBy !== undefined ? WARN : BODY;
    return [
      number(row.number, style),
      text(row.uri, style),
      text(row.title, style),
      text(row.mediaType === undefined ? '' : (labels.types[row.mediaType] ?? row.mediaType), style),
      text(row.language ?? '', style),
      number(row.pages, style),
      text(labels.pagesFrom[row.pagesFrom], style),
      text(row.version ?? '', style),
      text(row.date ?? '', style),
      text(accessOf(row, rows, labels), style),
      text(row.ocrPages.join(', '), row.ocrPages.length > 0 ? WARN : style),
      number(row.units, style),
      text([labels.notCounted(row), ...labels.remarks(row)].filter((remark) => remark !== '').join('\n'), style),
    ];
  });
  const blank = () => text('', HEADER);
  const sum: Row = [
    blank(),
    text(labels.total, HEADER),
    ...Array.from({ length: 3 }, blank),
    number(totals.pages, HEADER),
    ...Array.from({ length: 4 }, blank),
    number(totals.ocrPages, HEADER),
    number(totals.units, HEADER),
    blank(),
  ];
  return [header, ...body, sum].map((row) => tall(row, DOCUMENT_WIDTHS));
}

/** A row as high as its wrapped text: not every program computes that itself. A CJK character is two wide. */
function tall(row: Row, widths: readonly number[]): Row {
  const lines = row.map((cell, column) =>
    String(cell?.value ?? '')
      .split('\n')
      .reduce((sum, line) => sum + Math.max(1, Math.ceil((wideLength(line) * 1.1) / (widths[column] ?? 10))), 0),
  );
  const height = 4 + 13 * Math.max(1, ...lines);
  return row.map((cell) => (cell === null ? null : { ...cell, height }));
}

function wideLength(line: string): number {
  return line.length + (line.match(/[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/g)?.length ?? 0);
}

/** Groups; the tenant too when there are several. */
function accessOf(
  { groups, tenant }: InventoryRow,
  rows: readonly InventoryRow[],
  { everybody }: InventoryLabels,
): string {
  const who = groups.length === 0 ? everybody : groups.join(', ');
  return rows.some((row) => row.tenant !== tenant) ? `${tenant}: ${who}` : who;
}

function relationsSheet({ duplicates, uriOf }: InventoryWorkbookOptions, labels: InventoryLabels): Row[] {
  const { relations, bases } = labels;
  const row = (...cells: string[]): Row => cells.map((cell) => text(cell));
  const percent = (part: number) => `${Math.floor(part * 100)} %`;
  const rows = [
    ...duplicates.duplicates.flatMap(({ documentIds: [kept = '', ...copies], same }) =>
      copies.map((copy) => row(uriOf(copy), relations.duplicate, uriOf(kept), bases[same], '')),
    ),
    ...duplicates.versions.map(({ older, newer, basis, reason }) =>
      row(
        uriOf(older),
        newer === undefined ? relations.ended : relations.version,
        newer === undefined ? '' : uriOf(newer),
        bases[basis],
        reason,
      ),
    ),
    ...duplicates.nearDuplicates.map(({ documentIds: [left, right], similarity }) =>
      row(uriOf(left), relations.similar, uriOf(right), bases.text, percent(similarity)),
    ),
  ];
  const header = labels.relationColumns.map((column) => text(column, HEADER));
  return [header, ...(rows.length === 0 ? [row(labels.none, '', '', '', '')] : rows)].map((line) =>
    tall(line, RELATION_WIDTHS),
  );
}
