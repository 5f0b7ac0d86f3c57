import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, FieldkitError, placesOf } from '@fieldkit/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleBlocks } from '../assemble-blocks.ts';
import type { OcrStep } from '../reader.ts';
import { readScannedPages } from './read-scanned-pages.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scans '));
  path = join(folder, 'scan.pdf');
  const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Count 3 /Kids [3 0 R 4 0 R 5 0 R] >>',
    page,
    page,
    page,
  ];
  writeFileSync(
    path,
    `%PDF-1.4\n${objects.map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`).join('')}trailer\n<< /Root 1 0 R >>\n%%EOF`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Three pages; the second is a picture. */
function scanned(): Document {
  const line = (text: string, page: number) => ({
    kind: 'paragraph' as const,
    text,
    places: [
      { start: 0, end: text.length, place: { page, box: [50, 50, 300, 62] as [number, number, number, number] } },
    ],
  });
  const where = 'scan.pdf page 2';
  return {
    ...{
      id: 'd',
      uri: 'scan.pdf',
      contentHash: 'h',
      mediaType: 'application/pdf',
      title: 'Scan',
      language: 'en',
      pageCount: 3,
    },
    ...assembleBlocks([line('First page.', 1), line('Third page.', 3)]),
    ...{ metadata: {}, tenant: 'default', groups: [] },
    findings: [{ severity: 'error', code: 'needs-ocr', message: 'page 2 is a picture', where }],
  };
}
/** Lines 20 pixels high, at 72 dots per inch one pixel is one point. */
const lines =
  (confidence: number): OcrStep =>
  async () => [
    { text: 'The valve is opened by hand', box: [60, 100, 360, 120], confidence },
    { text: 'before the pump starts.', box: [60, 124, 300, 144], confidence },
  ];

describe('readScannedPages', () => {
  it('puts the text of a page between its neighbours, with places, and says so', async () => {
    const document = await readScannedPages(scanned(), { path, ocr: lines(0.95), dpi: 72 });
    expect(document.blocks.map(({ text }) => text)).toEqual([
      'First page.',
      'The valve is opened by hand before the pump starts.',
      'Third page.',
    ]);
    expect(document.text).toBe(document.blocks.map(({ text }) => text).join('\n\n'));
    const at = document.text.indexOf('opened');
    const [place] = placesOf(document, at, at + 6);
    expect(place?.page).toBe(2);
    expect(place?.box[0]).toBeCloseTo(60, 0);
    expect(placesOf(document, document.text.indexOf('Third'), document.text.length)[0]?.page).toBe(3);
    expect(document.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['info ocr-read']);
    expect(document.metadata.ocrPages).toEqual(['2']);
  });

  it('reads a doubtful page again without its speckles and keeps the surest reading', async () => {
    let calls = 0;
    const ocr: OcrStep = (image, options) => {
      calls += 1;
      return lines(calls === 2 ? 0.8 : 0.75)(image, options);
    };
    const { findings } = await readScannedPages(scanned(), { path, ocr, dpi: 72 });
    expect(calls).toBe(3);
    expect(findings).toMatchObject([
      { severity: 'warning', code: 'ocr-low-confidence', message: expect.stringContaining('confidence 0.80') },
    ]);
  });

  it.each([1, 2, 3] as const)(
    'reads a page whose text is turned by %d quarters, with places on the page as it stands',
    async (quarter) => {
      // What the step is given is the drawn page, which says how it was turned.
      const ocr: OcrStep = (image, options) =>
        lines('quarter' in image && image.quarter === quarter ? 0.95 : 0.3)(image, options);
      const document = await readScannedPages(scanned(), { path, ocr, dpi: 72 });
      expect(document.findings.map(({ code }) => code)).toEqual(['ocr-read']);
      const at = document.text.indexOf('The valve');
      const [place] = placesOf(document, at, at + 9);
      // The page is 600 by 800; turned back, the first line stands 60 from the left and 100 from the top.
      const expected = { 1: [480, 60], 2: [240, 680], 3: [100, 440] }[quarter];
      expect(Math.abs((place?.box[0] ?? 0) - (expected[0] ?? 0))).toBeLessThan(25);
      expect(Math.abs((place?.box[1] ?? 0) - (expected[1] ?? 0))).toBeLessThan(25);
    },
  );

  it('leaves out a reading that is no text, and the page still needs OCR', async () => {
    const { findings, text } = await readScannedPages(scanned(), { path, ocr: lines(0.4), dpi: 72 });
    expect(text).not.toContain('valve');
    expect(findings.map(({ code }) => code)).toEqual(['needs-ocr', 'ocr-failed']);
    expect(findings[1]?.message).toContain('confidence 0.40');
  });

  it.each([
    ['finds nothing', async () => [], /no text was found/],
    [
      'fails',
      async () => {
        throw new FieldkitError('UNSUPPORTED_RUNTIME', 'it is not installed: npm install it');
      },
      /npm install/,
    ],
  ] as [string, OcrStep, RegExp][])(
    'leaves the document as it was when OCR %s, and the page still needs it',
    async (_, ocr, message) => {
      const before = scanned();
      const { findings, ...after } = await readScannedPages(before, { path, ocr, dpi: 72, retryCleaned: false });
      expect(after).toEqual((({ findings: __, ...rest }) => rest)(before));
      expect(findings.map(({ code }) => code)).toEqual(['needs-ocr', 'ocr-failed']);
      expect(findings[1]?.message).toMatch(message);
    },
  );

  it('asks for nothing when no page needs it, and stops when cancelled', async () => {
    const never: OcrStep = () => Promise.reject(new Error('asked'));
    const plain = { ...scanned(), findings: [] };
    expect(await readScannedPages(plain, { path, ocr: never })).toBe(plain);
    await expect(readScannedPages(scanned(), { path, ocr: never, signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
