import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { Font } from './page-content.ts';

export interface LoadedFont {
  readonly face: Font;
  /** Text space units per glyph space unit: 0.001 except in Type 3 fonts. */
  readonly matrix0: number;
  readonly vertical: boolean;
  readonly key: string;
}

/** What pdf.js knows of a font after the operator list is complete. */
export function readFont(key: string, page: PDFPageProxy): LoadedFont {
  const objects = page.commonObjs as { has(id: string): boolean; get(id: string): unknown }; // typed any by pdf.js
  const found = objects.has(key) ? objects.get(key) : undefined;
  const font = (typeof found === 'object' && found !== null ? found : {}) as Record<string, unknown>; // read field by field below
  const matrix = font.fontMatrix;
  const first =
    Array.isArray(matrix) || ArrayBuffer.isView(matrix) ? Number((matrix as ArrayLike<number>)[0]) : Number.NaN; // six numbers
  const name = (typeof font.name === 'string' ? font.name : '').replace(/^[A-Z]{6}\+/, '');
  return {
    key,
    matrix0: Number.isFinite(first) && first !== 0 ? first : 0.001,
    vertical: font.vertical === true,
    face: {
      name,
      bold:
        font.bold === true ||
        font.black === true ||
        /bold|black|heavy|semibold|demi|(?:^|[-,])bd\b|CMBX|SimHei|黑体/i.test(name),
      italic: font.italic === true || /italic|oblique|CMTI|CMSL|楷体/i.test(name),
      monospace: /mono|courier|consol|menlo|typewriter|CMTT|source ?code|fira ?code|inconsolata|andale/i.test(name),
    },
  };
}
