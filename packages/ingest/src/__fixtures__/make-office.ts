import { storeZip } from '../zip.ts';

const R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
const S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const P = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ${R}`;

function pack(files: Readonly<Record<string, string>>): Uint8Array {
  return storeZip(new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
}

function relations(targets: readonly string[]): string {
  return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${targets.map((target, index) => `<Relationship Id="rId${index + 1}" Type="t" Target="${target}"/>`).join('')}</Relationships>`;
}

export interface TestSheet {
  readonly name: string;
  /** XML of `sheetData` and what follows it. */
  readonly xml: string;
  readonly state?: string;
}

/** An Excel file; `formats` are the number formats of styles 1, 2, … (style 0 is General). */
export function makeXlsx(sheets: readonly TestSheet[], strings: readonly string[] = [], formats: readonly string[] = []): Uint8Array {
  return pack({
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    'xl/workbook.xml': `<workbook ${S} ${R}><sheets>${sheets.map(({ name, state }, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"${state === undefined ? '' : ` state="${state}"`}/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(sheets.map((_, index) => `worksheets/sheet${index + 1}.xml`)),
    'xl/sharedStrings.xml': `<sst ${S}>${strings.map((text) => `<si><t>${text}</t></si>`).join('')}</sst>`,
    'xl/styles.xml': `<styleSheet ${S}><numFmts>${formats.map((code, index) => `<numFmt numFmtId="${164 + index}" formatCode="${code}"/>`).join('')}</numFmts><cellXfs><xf numFmtId="0"/>${formats.map((_, index) => `<xf numFmtId="${164 + index}"/>`).join('')}</cellXfs></styleSheet>`,
    ...Object.fromEntries(sheets.map(({ xml }, index) => [`xl/worksheets/sheet${index + 1}.xml`, `<worksheet ${S}>${xml}</worksheet>`])),
  });
}

export interface TestSlide {
  /** XML of the shapes. */
  readonly xml: string;
  readonly notes?: string;
  readonly hidden?: boolean;
}

/** A PowerPoint file of 720 x 540 points. */
export function makePptx(slides: readonly TestSlide[]): Uint8Array {
  const files: Record<string, string> = {
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    'ppt/presentation.xml': `<p:presentation ${P}><p:sldIdLst>${slides.map((_, index) => `<p:sldId id="${256 + index}" r:id="rId${index + 1}"/>`).join('')}</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(slides.map((_, index) => `slides/slide${index + 1}.xml`)),
  };
  slides.forEach(({ xml, notes, hidden }, index) => {
    const name = `slide${index + 1}.xml`;
    files[`ppt/slides/${name}`] = `<p:sld ${P}${hidden === true ? ' show="0"' : ''}><p:cSld><p:spTree>${xml}</p:spTree></p:cSld></p:sld>`;
    if (notes === undefined) return;
    files[`ppt/slides/_rels/${name}.rels`] = relations([`../notesSlides/notes${index + 1}.xml`]);
    files[`ppt/notesSlides/notes${index + 1}.xml`] = `<p:notes ${P}><p:cSld><p:spTree>${shapeXml([notes], { placeholder: 'body' })}</p:spTree></p:cSld></p:notes>`;
  });
  return pack(files);
}

/** A shape with its paragraphs; `at` in points. */
export function shapeXml(
  lines: readonly string[],
  { placeholder, at, properties = '' }: { placeholder?: string; at?: readonly [number, number, number, number]; properties?: string } = {},
): string {
  const place = at === undefined ? '' : `<a:xfrm><a:off x="${at[0] * 12700}" y="${at[1] * 12700}"/><a:ext cx="${(at[2] - at[0]) * 12700}" cy="${(at[3] - at[1]) * 12700}"/></a:xfrm>`;
  const kind = placeholder === undefined ? '' : `<p:ph type="${placeholder}"/>`;
  const paragraphs = lines.map((line) => `<a:p><a:pPr>${properties}</a:pPr><a:r><a:t>${line}</a:t></a:r></a:p>`).join('');
  return `<p:sp><p:nvSpPr><p:nvPr>${kind}</p:nvPr></p:nvSpPr><p:spPr>${place}</p:spPr><p:txBody>${paragraphs}</p:txBody></p:sp>`;
}
