import { median } from '../pdf/geometry.ts';
import type { Glyph, PageContent } from '../pdf/page-content.ts';
import type { OcrLine } from '../reader.ts';
import type { PageImage } from './render-pages.ts';

const FONT = { name: 'OCR', bold: false, italic: false, monospace: false };
const WIDE = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;
/** Line boxes of one font differ by their letters' ascenders: within this they are one size. */
const SAME_SIZE = 0.3;

/** The lines that OCR found as drawn characters, so that the layout of a scan is found like that of any page. */
export function ocrPageContent(
  lines: readonly OcrLine[],
  { page, width, pointWidth, pointHeight, quarter = 0 }: PageImage,
): PageContent {
  const scale = (quarter % 2 === 0 ? pointWidth : pointHeight) / width;
  const usual = median(lines.map(({ box }) => box[3] - box[1]));
  const glyphs = lines.flatMap(({ text, box: [x0, y0, x1, y1] }): Glyph[] => {
    const height = y1 - y0;
    const size = (Math.abs(height - usual) <= usual * SAME_SIZE ? usual : height) * scale * 0.85;
    const characters = Array.from(text);
    const widths = characters.map((character) => (WIDE.test(character) ? 2 : character === ' ' ? 0.55 : 1));
    const unit =
      ((x1 - x0) * scale) /
      Math.max(
        1,
        widths.reduce((sum, value) => sum + value, 0),
      );
    let at = x0 * scale;
    return characters.map((character, index) => {
      const glyph = {
        text: character,
        x0: at,
        x1: at + unit * (widths[index] ?? 1),
        baseline: y1 * scale - size * 0.15,
        size,
        font: FONT,
        colour: '#000000',
        quarter,
        angle: 0,
        artifact: false,
      };
      at = glyph.x1;
      return glyph;
    });
  });
  return { page, width: pointWidth, height: pointHeight, glyphs, rules: [], fills: [], images: [], drawings: 0 };
}
