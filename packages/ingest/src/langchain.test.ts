import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentSchema } from '@fieldkit/core';
import { ObsidianLoader } from '@langchain/community/document_loaders/fs/obsidian';
import { BaseDocumentLoader } from '@langchain/core/document_loaders/base';
import { Document } from '@langchain/core/documents';
import { describe, expect, it } from 'vitest';
import { fromLangChain } from './langchain.ts';
import { segmentDocument } from './segment/segment-document.ts';

/** Two files, one of them in pages, as the loaders of PDF files give them. */
class PagesLoader extends BaseDocumentLoader {
  async load(): Promise<Document[]> {
    return [
      new Document({
        pageContent: 'CARE OF PUMPS\n\nVersion: 3\n\nOil the bearings each month.',
        metadata: { source: 'wiki/care.pdf', pdf: { totalPages: 2 }, loc: { pageNumber: 1 } },
      }),
      new Document({
        pageContent: 'Change the seal each year.',
        metadata: { source: 'wiki/care.pdf', pdf: { totalPages: 2 }, loc: { pageNumber: 2 } },
      }),
      new Document({
        pageContent: '# Prices\n\n| Part | Price |\n| - | - |\n| Seal | 9 |',
        metadata: { source: 'prices.md' },
      }),
    ];
  }
}

describe('fromLangChain', () => {
  it('takes any loader as a source: one document a file, with structure and metadata', async () => {
    const [care, prices] = await fromLangChain(new PagesLoader(), { tenant: 't', groups: ['service'] });
    expect(documentSchema.parse(care)).toEqual(care);
    expect(care).toMatchObject({ uri: 'wiki/care.pdf', title: 'CARE OF PUMPS', groups: ['service'] });
    expect(care?.metadata).toMatchObject({ version: '3', 'pdf.totalPages': 2 });
    expect(care?.metadata).not.toHaveProperty('loc.pageNumber');
    expect(care?.text).toMatch(/month\.\n\nChange the seal/);
    expect(prices?.blocks.map(({ kind }) => kind)).toEqual(['heading', 'table']);
    expect(prices === undefined ? [] : segmentDocument(prices)).toHaveLength(1);
  });

  it('takes a loader of @langchain/community: notes of a folder, with their front matter and links', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldkit-notes-'));
    try {
      mkdirSync(join(folder, 'pumps'));
      const front = '---\nauthor: Lin\nyear: 2026\n---\n';
      writeFileSync(join(folder, 'pumps', 'care.md'), `${front}# Care\n\nOil the [[bearings]] each month. #pump\n`);
      writeFileSync(join(folder, 'prices.md'), '# Prices\n\nA seal costs 9 euros.\n');
      const documents = await fromLangChain(new ObsidianLoader(folder), { tenant: 't' });
      expect(documents.map(({ title }) => title).sort()).toEqual(['Care', 'Prices']);
      const care = documents.find(({ title }) => title === 'Care');
      expect(documentSchema.parse(care)).toEqual(care);
      expect(care?.text).toContain('bearings');
      expect(care?.metadata).toMatchObject({ author: 'Lin', year: 2026 });
      expect(documents.flatMap((document) => segmentDocument(document))).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses documents that cannot be told apart, unless it is said how', async () => {
    const nameless = [new Document({ pageContent: 'Text', metadata: {} })];
    await expect(fromLangChain(nameless, { tenant: 't' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const [named] = await fromLangChain(nameless, { tenant: 't', uriOf: (_, index) => `notes/${index}` });
    expect(named?.uri).toBe('notes/0');
  });
});
