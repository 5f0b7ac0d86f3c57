import {
  GlobalWorkerOptions,
  getDocument,
  type PDFDocumentLoadingTask,
  type PDFDocumentProxy,
  type PDFPageProxy,
  PDFWorker,
  TextLayer,
} from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { authorization } from '../api/client.ts';
import type { TextPiece } from './find-words.ts';
import type { MeasureText } from './mark-boxes.ts';

/** pdf.js, in a chunk of its own that is loaded when the first PDF is opened. */

GlobalWorkerOptions.workerSrc = workerUrl;

export type { PDFDocumentProxy, PDFPageProxy };

/** One worker reads all PDFs of the tab. */
const worker = new PDFWorker();
/** PDFs stay open for a while: the next citation is often in the same one. */
const MOST_OPEN = 4;
const open = new Map<string, PDFDocumentLoadingTask>();

/** Opens a PDF that the server delivers, in pieces as they are needed. @param version Another one is another file. */
export function openPdf(url: string, version: string): Promise<PDFDocumentProxy> {
  const key = `${url} ${version}`;
  const known = open.get(key);
  open.delete(key); // and to the end, as the one used last
  const task =
    known ??
    getDocument({
      url,
      worker,
      httpHeaders: authorization(),
      cMapUrl: `${__PDF_ASSETS__}cmaps/`,
      standardFontDataUrl: `${__PDF_ASSETS__}standard_fonts/`,
      wasmUrl: `${__PDF_ASSETS__}wasm/`,
      isEvalSupported: false,
    });
  open.set(key, task);
  task.promise.catch(() => open.delete(key)); // the next one tries again
  for (const [oldest, old] of open) {
    if (open.size <= MOST_OPEN) break;
    open.delete(oldest);
    void old.destroy();
  }
  return task.promise;
}

/** A page as it is shown: its size in points, after rotation. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

export function sizeOf(page: PDFPageProxy): PageSize {
  const { width, height } = page.getViewport({ scale: 1 });
  return { width, height };
}

/** Draws the page; the promise ends when it is drawn or given up. */
export function drawPage(
  page: PDFPageProxy,
  canvas: HTMLCanvasElement,
  scale: number,
): { done: Promise<void>; stop(): void } {
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const viewport = page.getViewport({ scale: scale * ratio });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  const task = page.render({ canvas, viewport });
  return { done: task.promise, stop: () => task.cancel() };
}

/** Lays the page's text over it, invisible, for selecting and for reading aloud. */
export async function layText(page: PDFPageProxy, container: HTMLElement, scale: number): Promise<void> {
  container.replaceChildren();
  const viewport = page.getViewport({ scale });
  await new TextLayer({ textContentSource: page.streamTextContent(), container, viewport }).render();
}

/** The text of a page as pieces with their boxes. */
export async function readPieces(page: PDFPageProxy): Promise<TextPiece[]> {
  const { items, styles } = await page.getTextContent();
  const { transform } = page.getViewport({ scale: 1 });
  return items.flatMap((item) => {
    if (!('str' in item)) return [];
    const [a = 0, b = 0, c = 0, d = 0, x = 0, y = 0] = item.transform as number[];
    const along = Math.hypot(a, b) || 1;
    const up = Math.hypot(c, d) || 1;
    const { fontFamily, ascent, descent } = styles[item.fontName] ?? {};
    const [high, low] = [ascent || 0.9, descent || -0.2]; // of the font's height; 0 and NaN are "unknown"
    const corners = [
      [0, low],
      [item.width, low],
      [0, high],
      [item.width, high],
    ].map(([right = 0, share = 0]) => {
      const over = share * item.height;
      return apply(transform, x + (a / along) * right + (c / up) * over, y + (b / along) * right + (d / up) * over);
    });
    const xs = corners.map(([left]) => left);
    const ys = corners.map(([, top]) => top);
    const box: [number, number, number, number] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    return [{ page: page.pageNumber, text: item.str, box, font: fontFamily ?? 'sans-serif' }];
  });
}

function apply([a = 1, b = 0, c = 0, d = 1, e = 0, f = 0]: readonly number[], x: number, y: number): [number, number] {
  return [a * x + c * y + e, b * x + d * y + f];
}

/** Widths as the browser would write them. */
export function createMeasure(): MeasureText {
  const context = document.createElement('canvas').getContext('2d');
  return (text, font) => {
    if (context === null) return text.length;
    context.font = `100px ${font}`;
    return context.measureText(text).width;
  };
}
