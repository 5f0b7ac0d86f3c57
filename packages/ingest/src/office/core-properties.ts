import { textOf, type XmlElement } from '../word/xml.ts';

/** Author, subject, keywords and days of `docProps/core.xml`, which all office files have alike. */
export function coreProperties(core: XmlElement | undefined): Record<string, string> {
  const metadata: Record<string, string> = {};
  const put = (key: string, name: string, clean = (text: string) => text) => {
    const text = clean(textOf(core, name).trim());
    if (text !== '') metadata[key] = text;
  };
  put('author', 'dc:creator');
  put('subject', 'dc:subject');
  put('keywords', 'cp:keywords');
  put('created', 'dcterms:created', (text) => text.slice(0, 10));
  put('modified', 'dcterms:modified', (text) => text.slice(0, 10));
  return metadata;
}
