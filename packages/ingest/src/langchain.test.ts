import { documentSchema } from '@fieldkit/core';
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

  it('refuses documents that cannot be told apart, unless it is said how', async () => {
    const nameless = [new Document({ pageContent: 'Text', metadata: {} })];
    await expect(fromLangChain(nameless, { tenant: 't' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const [named] = await fromLangChain(nameless, { tenant: 't', uriOf: (_, index) => `notes/${index}` });
    expect(named?.uri).toBe('notes/0');
  });
});
