import { GlobalWorkerOptions, getDocument, type PDFDocumentProxy, type PDFPageProxy, TextLayer } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { authorization } from '../api/client.ts';
import type { TextPiece } from './find-words.ts';

/** pdf.js, in a chunk of its own that is loaded when the first PDF is opened. */

GlobalWorkerOptions.workerSrc = workerUrl;

export type { PDFDocumentProxy, PDFPageProxy };

/** Opens a PDF that the server delivers, in pieces as they are needed. */
export function openPdf(url: string): { readonly pdf: Promise<PDFDocumentProxy>; close(): void } {
  const task = getDocument({
    url,
    httpHeaders: authorization(),
    cMapUrl: `${__PDF_ASSETS__}cmaps/`,
    standardFontDataUrl: `${__PDF_ASSETS__}standard_fonts/`,
    wasmUrl: `${__PDF_ASSETS__}wasm/`,
    isEvalSupported: false,
  });
  return { pdf: task.promise, close: () => void task.destroy() };
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

export interface PageText {
  readonly pieces: readonly TextPiece[];
  /** An element per piece, laid over the page. */
  readonly elements: readonly HTMLElement[];
}

/** Lays the page's text over it, invisible, for selecting and for marking. */
export async function layText(page: PDFPageProxy, container: HTMLElement, scale: number): Promise<PageText> {
  const content = await page.getTextContent();
  const viewport = page.getViewport({ scale });
  container.replaceChildren();
  const layer = new TextLayer({ textContentSource: content, container, viewport });
  await layer.render();
  return { pieces: piecesOf(page, content), elements: layer.textDivs };
}

/** The text of a page as pieces with their boxes. */
export async function readPieces(page: PDFPageProxy): Promise<TextPiece[]> {
  return piecesOf(page, await page.getTextContent());
}

function piecesOf(page: PDFPageProxy, { items }: Awaited<ReturnType<PDFPageProxy['getTextContent']>>): TextPiece[] {
  const { transform } = page.getViewport({ scale: 1 });
  return items.flatMap((item) => {
    if (!('str' in item)) return [];
    const [a = 0, b = 0, c = 0, d = 0, x = 0, y = 0] = item.transform as number[];
    const along = Math.hypot(a, b) || 1;
    const up = Math.hypot(c, d) || 1;
    const corners = [
      [0, 0],
      [item.width, 0],
      [0, item.height],
      [item.width, item.height],
    ].map(([right = 0, high = 0]) =>
      apply(
        transform as number[],
        x + (a / along) * right + (c / up) * high,
        y + (b / along) * right + (d / up) * high,
      ),
    );
    const xs = corners.map(([left]) => left);
    const ys = corners.map(([, top]) => top);
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
    return [{ page: page.pageNumber, text: item.str, box: [...box] as [number, number, number, number] }];
  });
}

function apply([a = 1, b = 0, c = 0, d = 1, e = 0, f = 0]: readonly number[], x: number, y: number): [number, number] {
  return [a * x + c * y + e, b * x + d * y + f];
}
