import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { pageImages } from './page-images.ts';
import { createTesseractOcr } from './tesseract-ocr.ts';

const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url));
const ocr = createTesseractOcr();
afterAll(() => ocr.close());

it.each([
  [
    'equipment-desk/knowledge/manuals/xp200-installation-guide.pdf',
    4,
    'en',
    ['TARNWICK FLOW SYSTEMS LTD', '14.02.2025', 'Handwritten note'],
  ],
  [
    'policy-desk-zh/knowledge/行政与信息/劳动防护用品与高温津贴发放办法.pdf',
    3,
    'zh',
    ['关于2026年高温津贴标准的批复', '2026年5月14日', '计入当月工资'],
  ],
] as const)(
  'reads the scanned page of %s',
  async (file, page, language, expected) => {
    const { images } = await pageImages({ path: `${examples}${file}`, uri: file, pages: [page], dpi: 300, median: 5 });
    const [image] = images;
    if (image === undefined) throw new Error('the page was not drawn');
    const lines = await ocr.read(image, { language });
    const text = lines.map((line) => line.text).join('\n');
    for (const part of expected) expect(text).toContain(part);
    expect(lines.every(({ box }) => box[0] >= 0 && box[2] <= image.width && box[3] <= image.height)).toBe(true);
  },
  120_000,
);

it('names what is not installed', async () => {
  const unknown = createTesseractOcr({ languagesOf: () => ['tlh'] });
  const image = { bytes: new Uint8Array([1]), mediaType: 'image/png', width: 1, height: 1 };
  await expect(unknown.read(image, { language: 'en' })).rejects.toMatchObject({
    code: 'UNSUPPORTED_RUNTIME',
    message: expect.stringContaining('npm install tesseract.js @tesseract.js-data/tlh'),
  });
});
