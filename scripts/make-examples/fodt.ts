/** Blocks to a flat OpenDocument text file, which LibreOffice turns into PDF or Word. */

import { documentStyles, type StyleOptions } from './fodt-styles.ts';
import type { Block, Cell, Inline, ListBlock, ParsedBody, Style, TableBlock } from './source.ts';

/** A page delivered as a picture: PNG bytes, size in millimetres. */
export interface PageImage {
  readonly png: Uint8Array;
  readonly widthMm: number;
  readonly heightMm: number;
}

export interface FodtOptions extends StyleOptions {
  readonly front: Readonly<Record<string, string>>;
  /** Pictures for the `scan` blocks, in order; a scan may need several pages. */
  readonly scans: readonly (readonly PageImage[])[];
}

interface Context {
  readonly body: ParsedBody;
  readonly options: FodtOptions;
  readonly changes: string[];
  readonly automatic: string[];
  readonly widthMm: number;
  tables: number;
  captions: number;
  lists: number;
  notes: number;
  scans: number;
  sections: number;
  /** Id of the last list of articles (第X条), which the next one continues. */
  lastArticles?: string;
  /** Style suffix of paragraphs in the current surroundings. */
  surroundings: '' | 'Hidden' | 'Box';
  /** Paragraph text properties to put on the next paragraph: a page break or another page style. */
  pending?: 'break' | 'standard-page';
}

/** The whole document as one XML text. */
export function toFodt(body: ParsedBody, options: FodtOptions): string {
  const context: Context = {
    body,
    options,
    changes: [],
    automatic: [],
    widthMm: 210 - 2 * options.marginMm,
    tables: 0,
    captions: 0,
    lists: 0,
    notes: 0,
    scans: 0,
    sections: 0,
    surroundings: '',
  };
  const content = body.blocks.map((block) => blockXml(block, context)).join('\n');
  const { front } = options;
  const date = `${front.date ?? '2026-01-01'}T09:00:00`;
  const meta = (name: string, value: string | undefined): string =>
    value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`;
  const tracked =
    context.changes.length === 0 ? '' : `<text:tracked-changes>${context.changes.join('')}</text:tracked-changes>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<office:document ${NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:meta>${meta('dc:title', front.title)}${meta('dc:subject', front.subject)}${meta('meta:keyword', front.keywords)}${meta('meta:initial-creator', front.author)}${meta('dc:creator', front.author)}<meta:creation-date>${date}</meta:creation-date><dc:date>${date}</dc:date>${front.company === undefined ? '' : `<meta:user-defined meta:name="Company">${escapeXml(front.company)}</meta:user-defined>`}</office:meta>
${documentStyles(options, {
  automatic: context.automatic,
  header: marginText(front.header),
  footer: marginText(front.footer),
})}
<office:body><office:text>${tracked}
${content}
</office:text></office:body></office:document>
`;
}

const NAMESPACES = [
  'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"',
  'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"',
  'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"',
  'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"',
  'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"',
  'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"',
  'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"',
  'xmlns:xlink="http://www.w3.org/1999/xlink"',
  'xmlns:dc="http://purl.org/dc/elements/1.1/"',
  'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"',
].join(' ');

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Header and footer text: `|` separates left, middle and right; {page} and {pages} are fields. */
function marginText(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const parts = text.split('|').map((part) => part.trim());
  const spread = parts.length === 2 ? [parts[0], '', parts[1]] : parts;
  return spread
    .map((part) => escapeXml(part ?? ''))
    .join('<text:tab/>')
    .replaceAll('{page}', '<text:page-number text:select-page="current">1</text:page-number>')
    .replaceAll('{pages}', '<text:page-count>1</text:page-count>');
}

function blockXml(block: Block, context: Context): string {
  switch (block.kind) {
    case 'heading': {
      const level = Math.min(block.level, 4);
      const name = paragraphStyle(block.numbered ? `Heading_20_${level}` : `Plain_20_Heading_20_${level}`, context);
      const list = block.numbered ? '' : ' text:is-list-header="true"';
      return `<text:h text:style-name="${name}" text:outline-level="${level}"${list}>${inlineXml(block.text, context)}</text:h>`;
    }
    case 'paragraph':
      return paragraphXml(bodyStyle(context), block.text, context);
    case 'title':
      return block.lines
        .map((line, index) => paragraphXml(index === 0 ? 'Title' : 'Subtitle', line, context))
        .join('\n');
    case 'pagebreak':
      context.pending = 'break';
      return '';
    case 'columns': {
      context.sections += 1;
      const name = `Columns${context.sections}`;
      context.automatic.push(
        `<style:style style:name="${name}" style:family="section"><style:section-properties text:dont-balance-text-columns="false"><style:columns fo:column-count="${block.count}" fo:column-gap="8mm"/></style:section-properties></style:style>`,
      );
      const inner = block.blocks.map((child) => blockXml(child, context)).join('\n');
      return `<text:section text:style-name="${name}" text:name="${name}">${inner}</text:section>`;
    }
    case 'hidden':
      return within('Hidden', block.blocks, context);
    case 'box':
      if (block.blocks.some((child) => child.kind !== 'paragraph')) throw new Error('a box holds paragraphs only');
      return within('Box', block.blocks, context);
    case 'scan':
      return scanXml(context);
    case 'list':
      return listXml(block, context, true);
    case 'table':
      return tableXml(block, context);
  }
}

function within(surroundings: 'Hidden' | 'Box', blocks: readonly Block[], context: Context): string {
  const before = context.surroundings;
  context.surroundings = surroundings;
  const xml = blocks.map((child) => blockXml(child, context)).join('\n');
  context.surroundings = before;
  return xml;
}

function bodyStyle(context: Context): string {
  return context.surroundings === '' ? 'Text_20_body' : context.surroundings;
}

/** The style itself, or an automatic style on top of it when a page break is due. */
function paragraphStyle(parent: string, context: Context): string {
  if (context.pending === undefined) return parent;
  const name = `Break${context.automatic.length + 1}`;
  const master = context.pending === 'standard-page' ? ' style:master-page-name="Standard"' : '';
  const property = context.pending === 'break' ? '<style:paragraph-properties fo:break-before="page"/>' : '';
  context.automatic.push(
    `<style:style style:name="${name}" style:family="paragraph" style:parent-style-name="${parent}"${master}>${property}</style:style>`,
  );
  delete context.pending;
  return name;
}

function paragraphXml(style: string, text: readonly Inline[], context: Context): string {
  return `<text:p text:style-name="${paragraphStyle(style, context)}">${inlineXml(text, context)}</text:p>`;
}

function scanXml(context: Context): string {
  const images = context.options.scans[context.scans] ?? [];
  context.scans += 1;
  delete context.pending;
  const xml = images.map((image, index) => {
    const size = `svg:width="${image.widthMm}mm" svg:height="${image.heightMm}mm"`;
    const data = Buffer.from(image.png).toString('base64');
    return `<text:p text:style-name="Scan_20_Page"><draw:frame draw:name="Scan${context.scans}-${index + 1}" text:anchor-type="as-char" ${size}><draw:image draw:mime-type="image/png"><office:binary-data>${data}</office:binary-data></draw:image></draw:frame></text:p>`;
  });
  context.pending = 'standard-page';
  return xml.join('\n');
}

function listXml(list: ListBlock, context: Context, top: boolean): string {
  const articles = list.ordered && context.options.numbering === 'zh-articles';
  const style = articles ? 'Articles' : list.ordered ? 'Numbers' : 'Bullets';
  const paragraph = context.surroundings === 'Hidden' ? 'Hidden' : 'List';
  const items = list.items.map((item) => {
    const children = item.children.map((child) => listXml(child, context, false)).join('');
    return `<text:list-item>${paragraphXml(paragraph, item.text, context)}${children}</text:list-item>`;
  });
  if (top) context.lists += 1;
  const identity = top ? ` xml:id="list${context.lists}"` : '';
  // Articles are counted through the whole document, over chapters and tables.
  const counted = top && articles && context.lastArticles !== undefined;
  const continued = counted ? ` text:continue-list="${context.lastArticles}"` : '';
  if (top && articles) context.lastArticles = `list${context.lists}`;
  return `<text:list text:style-name="${style}"${identity}${continued}>${items.join('')}</text:list>`;
}

function tableXml(table: TableBlock, context: Context): string {
  context.tables += 1;
  const name = `Table${context.tables}`;
  const sum = table.widths.reduce((total, width) => total + width, 0);
  const columns = table.widths.map((width, index) => {
    const mm = ((width / sum) * context.widthMm).toFixed(2);
    context.automatic.push(
      `<style:style style:name="${name}.${index}" style:family="table-column"><style:table-column-properties style:column-width="${mm}mm"/></style:style>`,
    );
    return `<table:table-column table:style-name="${name}.${index}"/>`;
  });
  let before = '';
  if (context.pending !== undefined && table.caption === undefined) before = paragraphXml('Spacer', [], context);
  if (table.caption !== undefined) {
    context.captions += 1;
    const word = context.options.language === 'zh' ? '表' : 'Table ';
    const number = `<text:sequence text:ref-name="refTable${context.captions}" text:name="Table" text:formula="ooow:Table+1" style:num-format="1">${context.captions}</text:sequence>`;
    const style = paragraphStyle('Caption', context);
    before = `<text:p text:style-name="${style}">${word}${number}  ${inlineXml(table.caption, context)}</text:p>`;
  }
  context.automatic.push(
    `<style:style style:name="${name}" style:family="table"><style:table-properties style:width="${context.widthMm}mm" table:align="left" fo:margin-top="1mm" fo:margin-bottom="3mm"/></style:style>`,
  );
  const rows = table.rows.map((row, index) => rowXml(row, index < table.headerRows, table, context));
  const head = rows.slice(0, table.headerRows).join('');
  const body = rows.slice(table.headerRows).join('');
  const headXml = table.repeatHeader ? `<table:table-header-rows>${head}</table:table-header-rows>` : head;
  return `${before}<table:table table:name="${name}" table:style-name="${name}">${columns.join('')}${headXml}${body}</table:table><text:p text:style-name="Spacer"/>`;
}

function rowXml(row: readonly Cell[], header: boolean, table: TableBlock, context: Context): string {
  const cells = row.map((cell, column) => {
    if (cell.covered) return '<table:covered-table-cell/>';
    const spans =
      (cell.columnSpan > 1 ? ` table:number-columns-spanned="${cell.columnSpan}"` : '') +
      (cell.rowSpan > 1 ? ` table:number-rows-spanned="${cell.rowSpan}"` : '');
    const alignment = table.alignments[column] ?? 'left';
    const style = header ? `Table_20_Heading_20_${alignment}` : `Table_20_Text_20_${alignment}`;
    const kind = `Cell_${table.borders}${header ? '_head' : ''}`;
    return `<table:table-cell table:style-name="${kind}" office:value-type="string"${spans}><text:p text:style-name="${style}">${inlineXml(cell.text, context)}</text:p></table:table-cell>`;
  });
  return `<table:table-row table:style-name="Row">${cells.join('')}</table:table-row>`;
}

function inlineXml(inlines: readonly Inline[], context: Context): string {
  return inlines.map((inline) => oneInline(inline, context)).join('');
}

function oneInline(inline: Inline, context: Context): string {
  switch (inline.kind) {
    case 'text':
      return span(
        escapeXml(inline.text).replace(/ {2,}/g, (run) => ` <text:s text:c="${run.length - 1}"/>`),
        inline.style,
      );
    case 'break':
      return '<text:line-break/>';
    case 'link':
      return `<text:a xlink:type="simple" xlink:href="${escapeXml(inline.href)}">${escapeXml(inline.text)}</text:a>`;
    case 'footnote': {
      const text = context.body.footnotes.get(inline.id);
      if (text === undefined) throw new Error(`footnote [^${inline.id}] has no text`);
      context.notes += 1;
      const id = context.notes;
      return `<text:note text:id="ftn${id}" text:note-class="footnote"><text:note-citation>${id}</text:note-citation><text:note-body><text:p text:style-name="Footnote">${inlineXml(text, context)}</text:p></text:note-body></text:note>`;
    }
    case 'inserted':
    case 'deleted': {
      const id = `ct${context.changes.length + 1}`;
      const { front } = context.options;
      const who = escapeXml(front['change-author'] ?? front.author ?? 'Reviewer');
      const when = `${front['change-date'] ?? front.date ?? '2026-01-01'}T09:00:00`;
      const info = `<office:change-info><dc:creator>${who}</dc:creator><dc:date>${when}</dc:date></office:change-info>`;
      const xml = inlineXml(inline.children, context);
      const inserted = inline.kind === 'inserted';
      const what = inserted
        ? `<text:insertion>${info}</text:insertion>`
        : `<text:deletion>${info}<text:p text:style-name="Text_20_body">${xml}</text:p></text:deletion>`;
      context.changes.push(`<text:changed-region xml:id="${id}" text:id="${id}">${what}</text:changed-region>`);
      if (!inserted) return `<text:change text:change-id="${id}"/>`;
      return `<text:change-start text:change-id="${id}"/>${xml}<text:change-end text:change-id="${id}"/>`;
    }
  }
}

function span(xml: string, style: Style): string {
  if (style.code === true) return `<text:span text:style-name="Code">${xml}</text:span>`;
  const name = `${style.bold === true ? 'Bold' : ''}${style.italic === true ? 'Italic' : ''}`;
  return name === '' ? xml : `<text:span text:style-name="${name}">${xml}</text:span>`;
}
