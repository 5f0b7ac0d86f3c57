import { counted, FieldkitError, type Finding } from '@fieldkit/core';
import type { DraftBlock, DraftDocument, ReaderOptions } from '../reader.ts';
import { attributeOf, childOf, elementsOf, textOf, type XmlElement } from '../word/xml.ts';
import { coreProperties } from './core-properties.ts';
import { builtInFormat, numberText } from './number-text.ts';
import { descendants, openOffice, relationId } from './parts.ts';
import { readSheet, type Sheet } from './read-sheet.ts';
import { sheetBlocks } from './sheet-blocks.ts';

const WANTED =
  /^(?:xl\/(?:workbook|sharedStrings|styles)\.xml|xl\/_rels\/workbook\.xml\.rels|xl\/worksheets\/[^/]+\.xml|docProps\/core\.xml)$/i;

/** A workbook whose sheets are read one by one, as they are asked for. */
export interface Workbook {
  readonly sheets: readonly { readonly name: string; readonly hidden: boolean; read(): Sheet }[];
  /** Parsed `docProps/core.xml`. */
  readonly core: XmlElement | undefined;
}

export async function openWorkbook(bytes: Uint8Array, options: ReaderOptions): Promise<Workbook> {
  const { uri } = options;
  const parts = await openOffice(bytes, WANTED, options);
  const workbook = parts.parse('xl/workbook.xml');
  if (workbook === undefined) {
    throw new FieldkitError('FILE_DAMAGED', `${uri} has no workbook inside: save it again from its program`);
  }
  const targets = parts.relations('xl/workbook.xml');
  const strings = elementsOf(parts.parse('xl/sharedStrings.xml'), 'si').map(stringText);
  const date1904 = /^(?:1|true)$/.test(attributeOf(childOf(workbook, 'workbookPr'), 'date1904') ?? '');
  const formats = cellFormats(parts.optional('xl/styles.xml'));
  const format = (value: number, style: number) => numberText(value, formats[style] ?? '', date1904);

  const sheets = elementsOf(childOf(workbook, 'sheets'), 'sheet').flatMap((sheet) => {
    const part = parts.bytes.get(targets.get(relationId(sheet)) ?? '');
    if (part === undefined) return []; // a sheet of charts only
    return [
      {
        name: sheet.attributes.name ?? '',
        hidden: (sheet.attributes.state ?? 'visible') !== 'visible',
        read: () => readSheet(part, { uri, strings, format }),
      },
    ];
  });
  return { sheets, core: parts.optional('docProps/core.xml') };
}

/** Every visible sheet: its name as a heading, its tables with their spans, numbers and dates as they are shown. */
export async function readXlsx(bytes: Uint8Array, options: ReaderOptions): Promise<DraftDocument> {
  const { uri, signal } = options;
  const { sheets, core } = await openWorkbook(bytes, options);
  const blocks: DraftBlock[] = [];
  const findings: Finding[] = [];
  const names: string[] = [];
  let hiddenSheets = 0;
  let hiddenLines = 0;
  for (const { name, hidden, read: readNow } of sheets) {
    signal?.throwIfAborted();
    if (hidden) {
      hiddenSheets += 1;
      continue;
    }
    names.push(name);
    const read = readNow();
    hiddenLines += read.hiddenRows + read.hiddenColumns;
    const own = sheetBlocks(read);
    if (own.length > 0 && name !== '') blocks.push({ kind: 'heading', level: 1, text: name });
    blocks.push(...own);
  }
  // The name of the only sheet says nothing unless somebody gave it.
  if (names.length === 1 && /^(?:sheet|tabelle|feuille|工作表)\s*\d*$/i.test(names[0] ?? '')) blocks.shift();
  if (hiddenSheets + hiddenLines > 0) {
    findings.push({
      severity: 'info',
      code: 'hidden-left-out',
      message: `left out: ${counted(hiddenSheets, 'hidden sheet')}, ${counted(hiddenLines, 'hidden row or column', 'hidden rows and columns')}`,
      where: uri,
      suggestion: 'Show them in Excel if they belong to the document.',
    });
  }
  const title = textOf(core, 'dc:title').trim();
  return {
    blocks,
    ...(title !== '' && { title }),
    metadata: { ...coreProperties(core), ...(names.length > 0 && { sheets: names }) },
    findings,
  };
}

/** Runs of a rich text joined; readings of Japanese and Chinese characters are left out. */
function stringText(item: XmlElement): string {
  return item.children
    .filter((child) => typeof child !== 'string' && child.name !== 'rPh')
    .map((child) => (typeof child === 'string' ? '' : textOf(child, 't')))
    .join('');
}

/** The number format of each cell style, by its index. */
function cellFormats(styles: XmlElement | undefined): string[] {
  const custom = new Map(
    descendants(styles, 'numFmt').map(({ attributes }) => [Number(attributes.numFmtId), attributes.formatCode ?? '']),
  );
  return elementsOf(childOf(styles, 'cellXfs'), 'xf').map(({ attributes }) => {
    const id = Number(attributes.numFmtId ?? 0);
    return custom.get(id) ?? builtInFormat(id);
  });
}
