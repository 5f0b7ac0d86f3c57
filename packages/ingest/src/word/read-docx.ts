import { counted, FieldkitError, type Finding } from '@fieldkit/core';
import mammoth from 'mammoth';
import { htmlBlocks } from '../html/html-blocks.ts';
import { coreProperties } from '../office/core-properties.ts';
import type { DraftDocument, ReaderOptions } from '../reader.ts';
import { readZip, storeZip } from '../zip.ts';
import { annotateBody } from './annotate-body.ts';
import { createCounter } from './numbering.ts';
import { readStyles } from './styles.ts';
import { wordBlocks } from './word-blocks.ts';
import { elementsOf, parseXml, serializeXml, textOf, type XmlElement } from './xml.ts';

/** Pictures, fonts, macros and embedded files are never unpacked. */
const WANTED =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|docProps\/(?:core|app)\.xml|word\/(?:[^/]+\.xml|_rels\/[^/]+\.rels))$/;
/** What mammoth is given: the parts it reads for text. */
const FOR_MAMMOTH =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|word\/(?:document|styles|footnotes|endnotes|comments)\d*\.xml|word\/_rels\/[^/]+\.rels)$/;
const STYLE_MAP = ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"];

export async function readDocx(bytes: Uint8Array, { uri, limits }: ReaderOptions): Promise<DraftDocument> {
  const parts = await readZip(bytes, (name) => WANTED.test(name), { uri, maxInflatedBytes: limits.maxInflatedBytes });
  const main = [...parts.keys()].find((name) => /^word\/document\d*\.xml$/.test(name));
  if (main === undefined)
    throw new FieldkitError('FILE_DAMAGED', `${uri} has no document inside: save it again from Word`);
  const parse = (name: string): XmlElement | undefined => {
    const part = parts.get(name);
    return part === undefined ? undefined : parseXml(part, uri);
  };
  const optional = (name: string): XmlElement | undefined => {
    try {
      return parse(name);
    } catch {
      return undefined; // a damaged side part costs its own content only
    }
  };

  const styles = readStyles(optional('word/styles.xml'));
  const counter = createCounter(optional('word/numbering.xml'));
  const body = parse(main);
  if (body === undefined)
    throw new FieldkitError('FILE_DAMAGED', `${uri} has no document inside: save it again from Word`);
  annotateBody(body, { styles, counter });
  const forMammoth = new Map<string, Uint8Array>();
  for (const [name, part] of parts) {
    if (!FOR_MAMMOTH.test(name)) continue;
    forMammoth.set(name, name === main ? Buffer.from(serializeXml(body)) : part);
  }
  const html = await convert(forMammoth, uri);
  const blocks = wordBlocks(htmlBlocks(html));
  const app = optional('docProps/app.xml');
  const core = optional('docProps/core.xml');
  const pages = Number(textOf(app, 'Pages'));
  const title = textOf(core, 'dc:title').trim();
  return {
    blocks,
    ...(title !== '' && { title }),
    metadata: { ...coreProperties(core), ...runningTexts(parts, optional) },
    ...(Number.isInteger(pages) && pages > 0 && { pageCount: pages }),
    findings: findingsOf(body, parts, uri),
  };
}

async function convert(parts: ReadonlyMap<string, Uint8Array>, uri: string): Promise<string> {
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer: storeZip(parts) },
      { includeEmbeddedStyleMap: false, externalFileAccess: false, styleMap: STYLE_MAP, ignoreEmptyParagraphs: true },
    );
    return value;
  } catch (cause) {
    throw new FieldkitError('FILE_DAMAGED', `${uri} cannot be read as a Word document: save it again from Word`, {
      cause,
    });
  }
}

/** Texts of page headers and footers, each once. */
function runningTexts(
  parts: ReadonlyMap<string, Buffer>,
  optional: (name: string) => XmlElement | undefined,
): { runningHeads?: string[] } {
  const names = [...parts.keys()].filter((name) => /^word\/(?:header|footer)\d*\.xml$/.test(name)).slice(0, 40);
  const texts = names
    .map((name) => runningText(optional(name)).replace(/\s+/g, ' ').trim())
    .filter((text) => text !== '');
  return texts.length === 0 ? {} : { runningHeads: [...new Set(texts)] };
}

/** Text of a header: paragraphs and tabs part its words. */
function runningText(element: XmlElement | undefined): string {
  if (element === undefined) return '';
  if (element.name === 'w:t') return element.children.filter((child) => typeof child === 'string').join('');
  if (element.name === 'w:tab' || element.name === 'w:br') return ' ';
  const inner = elementsOf(element).map(runningText).join('');
  return element.name === 'w:p' ? `${inner} ` : inner;
}

function findingsOf(body: XmlElement, parts: ReadonlyMap<string, Buffer>, uri: string): Finding[] {
  const counts = new Map<string, number>();
  const visit = (element: XmlElement) => {
    counts.set(element.name, (counts.get(element.name) ?? 0) + 1);
    for (const child of element.children) if (typeof child !== 'string') visit(child);
  };
  visit(body);
  const findings: Finding[] = [];
  const pictures = (counts.get('w:drawing') ?? 0) + (counts.get('w:pict') ?? 0);
  const changes = (counts.get('w:ins') ?? 0) + (counts.get('w:del') ?? 0);
  if (pictures > 0) {
    findings.push({
      severity: 'info',
      code: 'pictures-skipped',
      message: `not read: ${counted(pictures, 'picture or drawing', 'pictures or drawings')}`,
      where: uri,
    });
  }
  if (changes > 0) {
    findings.push({
      severity: 'warning',
      code: 'tracked-changes',
      message: `${counted(changes, 'tracked change')}: the text was read as if they were accepted`,
      where: uri,
      suggestion: 'Accept or reject the changes in Word before handing the document over.',
    });
  }
  if (parts.has('word/comments.xml')) {
    findings.push({ severity: 'info', code: 'comments-skipped', message: 'comments were left out', where: uri });
  }
  return findings;
}
