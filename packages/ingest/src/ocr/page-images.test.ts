import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pageImages } from './page-images.ts';

const folder = mkdtempSync(join(tmpdir(), 'page images '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A PDF with a black square on each page: the n-th page is n hundred points wide. */
function pdf(pages: number): string {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages} /Kids [${Array.from({ length: pages }, (_, index) => `${3 + index * 2} 0 R`).join(' ')}] >>`,
  ];
  for (let page = 1; page <= pages; page += 1) {
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${page * 100} 200] /Contents ${2 + page * 2} 0 R >>`);
    objects.push('<< /Length 21 >>\nstream\n0 0 0 rg 0 0 50 50 re f\nendstream');
  }
  const path = join(folder, `${pages}.pdf`);
  const body = objects.map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`).join('');
  writeFileSync(path, `%PDF-1.4\n${body}trailer\n<< /Root 1 0 R /Size ${objects.length + 1} >>\n%%EOF`);
  return path;
}

describe('pageImages', () => {
  it('draws the wanted pages at the wanted size, and passes over pages that are not there', async () => {
    const { images, failed } = await pageImages({ path: pdf(3), uri: 'a.pdf', pages: [1, 3], dpi: 144 });
    expect(
      images.map(({ page, width, height, pointWidth, pointHeight }) => [page, width, height, pointWidth, pointHeight]),
    ).toEqual([
      [1, 200, 400, 100, 200],
      [3, 600, 400, 300, 200],
    ]);
    expect(Buffer.from(images[0]?.bytes.subarray(1, 4) ?? []).toString()).toBe('PNG');
    expect(failed).toEqual([]);
  });

  it('draws a large page with fewer dots', async () => {
    const { images } = await pageImages({ path: pdf(1), uri: 'a.pdf', pages: [1], dpi: 720, maxPixels: 20_000 });
    expect(images.map(({ width, height }) => [width, height])).toEqual([[100, 200]]);
  });

  it('says what is wrong with the file', async () => {
    const path = join(folder, 'broken.pdf');
    writeFileSync(path, '%PDF-1.4 nothing here');
    await expect(pageImages({ path, uri: 'broken.pdf', pages: [1] })).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    await expect(pageImages({ path: join(folder, 'no.pdf'), uri: 'no.pdf', pages: [1] })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('ends the process when it takes too long, and says which pages are missing', async () => {
    const { images, failed } = await pageImages({ path: pdf(2), uri: 'a.pdf', pages: [1, 2], timeoutMs: 1 });
    expect(images).toEqual([]);
    expect(failed.map(({ page, message }) => `${page} ${message}`)).toEqual([
      '1 drawing took longer than 0.001 s',
      '2 drawing took longer than 0.001 s',
    ]);
  });

  it('is cancelled', async () => {
    const controller = new AbortController();
    const drawing = pageImages({ path: pdf(2), uri: 'a.pdf', pages: [1, 2], signal: controller.signal });
    controller.abort();
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
