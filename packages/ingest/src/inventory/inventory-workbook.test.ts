import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { findDuplicates } from '../duplicates/find-duplicates.ts';
import { readDocument } from '../read-document.ts';
import { readZip } from '../zip.ts';
import { inventoryOf } from './inventory-of.ts';
import { inventoryWorkbook } from './inventory-workbook.ts';
import { inventoryLabels } from './labels.ts';

async function workbook(language: 'zh' | 'en', uri = 'a.txt', title?: string): Promise<Record<string, string>> {
  const read = await readDocument(new TextEncoder().encode('Some text.'), { uri, tenant: 'default' });
  const documents = [title === undefined ? read : { ...read, title }];
  const duplicates = findDuplicates(documents);
  const options = { language, project: 'quarry', date: '2026-11-22', duplicates, uriOf: () => uri };
  const bytes = await inventoryWorkbook(inventoryOf({ documents, duplicates }), options);
  const parts = await readZip(bytes, () => true, { uri: 'inventory.xlsx', maxInflatedBytes: 1e7 });
  return Object.fromEntries(Array.from(parts, ([name, part]) => [name, part.toString('utf8')]));
}

describe('inventoryWorkbook', () => {
  it.each(['en', 'zh'] as const)('has well-formed sheets, headings and a signature block in %s', async (language) => {
    const parts = await workbook(language);
    for (const [name, xml] of Object.entries(parts)) {
      const parser = new SaxesParser();
      expect(() => parser.write(xml).close(), name).not.toThrow();
    }
    const labels = inventoryLabels[language];
    const strings = parts['xl/sharedStrings.xml'] ?? '';
    for (const label of [labels.title, ...labels.columns, ...labels.parties, ...labels.signature])
      expect(strings).toContain(label);
    for (const sheet of labels.sheets) expect(parts['xl/workbook.xml']).toContain(sheet);
    expect(parts['xl/worksheets/sheet2.xml']).toContain('fitToWidth="1"');
  });

  it('writes a text that looks like a formula as text, and drops what XML forbids', async () => {
    const parts = await workbook('en', '=HYPERLINK("http:x").txt', '=1+1\u0001\ud800 title');
    expect(Object.values(parts).join('')).not.toMatch(/<f>/);
    expect(parts['xl/sharedStrings.xml']).toContain('=HYPERLINK');
    const parser = new SaxesParser();
    expect(() => parser.write(parts['xl/sharedStrings.xml'] ?? '').close()).not.toThrow();
  });
});
