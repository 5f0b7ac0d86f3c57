import type { Document, Finding } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { findDuplicates } from '../duplicates/find-duplicates.ts';
import { readDocument } from '../read-document.ts';
import { inventoryOf } from './inventory-of.ts';

async function documentOf(uri: string, text: string, extra: Partial<Document> = {}): Promise<Document> {
  return { ...(await readDocument(new TextEncoder().encode(text), { uri, tenant: 'default' })), ...extra };
}
const inventory = (documents: readonly Document[], options = {}) =>
  inventoryOf({ documents, duplicates: findDuplicates(documents) }, options);

describe('inventoryOf', () => {
  it('counts one unit per started ten pages', async () => {
    const pages = [1, 9, 10, 11, 20, 21];
    const documents = await Promise.all(
      pages.map((pageCount) => documentOf(`p${pageCount}.txt`, `Text number ${pageCount}.`, { pageCount })),
    );
    const { rows, totals } = inventory(documents);
    expect(rows.map(({ pages: count, units }) => [count, units]).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual([
      [1, 1],
      [9, 1],
      [10, 1],
      [11, 2],
      [20, 2],
      [21, 3],
    ]);
    expect([totals.pages, totals.units]).toEqual([72, 10]);
    expect(inventory(documents, { pagesPerUnit: 20 }).totals.units).toBe(7);
  });

  it.each([
    ['a', 3000, 1],
    ['a', 3001, 2],
    ['页', 800, 1],
    ['页', 801, 2],
  ])('estimates pages of a text of %s × %i as %i', async (letter, length, pages) => {
    const [row] = inventory([await documentOf('a.txt', letter.repeat(length))]).rows;
    expect([row?.pages, row?.pagesFrom]).toEqual([pages, 'estimated']);
  });

  it('counts copies and unreadable files as nothing, superseded versions as they are', async () => {
    const body = 'Visitors sign the book at the north gate and wear their badge on the upper body.';
    const documents = await Promise.all([
      documentOf('a/gate.txt', body),
      documentOf('b/gate.txt', body),
      documentOf('notes QN-1.txt', 'Notes QN-1\n\nTorque is forty.'),
      documentOf('notes QN-2.txt', 'Notes QN-2\n\nThis notice replaces QN-1. Torque is fifty.'),
    ]);
    const { rows, totals } = inventoryOf({
      documents,
      duplicates: findDuplicates(documents),
      unread: [{ uri: 'a/broken.pdf', tenant: 'default', groups: ['staff'], reason: 'it is encrypted' }],
    });
    expect(rows.map(({ uri, units, notCounted }) => `${uri} ${units} ${notCounted ?? ''}`)).toEqual([
      'a/broken.pdf 0 not-readable',
      'a/gate.txt 1 ',
      'b/gate.txt 0 duplicate',
      'notes QN-1.txt 1 ',
      'notes QN-2.txt 1 ',
    ]);
    expect(rows[3]?.supersededBy).toBe('notes QN-2.txt');
    expect(totals).toMatchObject({ files: 5, documents: 4, notReadable: 1, duplicates: 1, superseded: 1, units: 3 });
  });

  it('names the pages that need OCR, the version and the date', async () => {
    const findings: Finding[] = [3, 12].map((page) => ({
      severity: 'error',
      code: 'needs-ocr',
      message: '',
      where: `scan of page 2.pdf page ${page}`,
    }));
    const text = 'Storage rules\n\nEdition 4 · 9 June 2025\n\nControllers with software version 3.2.';
    const [row] = inventory([await documentOf('rules.txt', text, { findings })]).rows;
    expect(row).toMatchObject({ ocrPages: [3, 12], version: 'Edition 4', date: '2025-06-09' });
  });

  it('refuses a rule that cannot be counted by', () => {
    expect(() => inventory([], { pagesPerUnit: 0 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
