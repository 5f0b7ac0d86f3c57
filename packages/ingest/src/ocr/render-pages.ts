import { FieldkitError } from '@fieldkit/core';
import { openPdf } from '../pdf/open-pdf.ts';
import type { Quarter } from '../pdf/page-content.ts';
import { medianFilter } from './median-filter.ts';

/** A page as a picture, after the page's rotation. */
export interface PageImage {
  /** 1-based. */
  readonly page: number;
  readonly bytes: Uint8Array;
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/webp';
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Quarter turns clockwise of the page's text, which were taken back. Default 0. */
  readonly quarter?: Quarter;
  /** Of the page, in PDF points: pixels divided by `width / pointWidth` are the points of a `Place`. */
  readonly pointWidth: number;
  readonly pointHeight: number;
}

export interface RenderPagesOptions {
  readonly uri: string;
  /** 1-based. Pages that the file does not have are left out. */
  readonly pages: readonly number[];
  /** Dots per inch. Default 200. */
  readonly dpi?: number;
  /** Default `png`. */
  readonly format?: 'png' | 'jpeg' | 'webp';
  /** Of `jpeg` and `webp`, 1 to 100. Default 60. */
  readonly quality?: number;
  /** Side of a median filter in pixels, odd: takes speckles off a scan and makes it grey. Default none. */
  readonly median?: 3 | 5;
  /** Draws the page turned back by so many quarters, for text that runs sideways or upside down on it. Default 0. */
  readonly quarter?: Quarter;
  /** A larger page is drawn with fewer dots. Default 20,000,000. */
  readonly maxPixels?: number;
}

/** Scans of 600 dots per inch are 35 million pixels. */
const MAX_SCAN_PIXELS = 80_000_000;

/** What pdf.js's canvas factory makes in Node: a canvas of @napi-rs/canvas. */
interface DrawnCanvas {
  readonly canvas: { readonly encode: (format: string, quality?: number) => Promise<Uint8Array> };
  readonly context: {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
    putImageData(image: object, x: number, y: number): void;
  };
}

/**
 * Draws pages of a PDF in this process, one after the other. Files from outside belong into `pageImages`, which draws in a child
 * process within limits. A page that cannot be drawn is given as an error, and the rest goes on.
 *
 * @throws {FieldkitError} `FILE_ENCRYPTED`, `FILE_DAMAGED`.
 */
export async function* renderPages(
  bytes: Uint8Array,
  options: RenderPagesOptions,
): AsyncGenerator<PageImage | { readonly page: number; readonly error: FieldkitError }> {
  const { uri, pages, dpi = 200, format = 'png', quality = 60, maxPixels = 20_000_000, median, quarter = 0 } = options;
  const { pdf, close } = await openPdf(bytes, uri, { maxImagePixels: MAX_SCAN_PIXELS });
  try {
    for (const number of pages) {
      if (number < 1 || number > pdf.numPages) continue;
      try {
        const page = await pdf.getPage(number);
        const points = page.getViewport({ scale: 1 });
        const scale = Math.min(dpi / 72, Math.sqrt(maxPixels / (points.width * points.height)));
        const viewport = page.getViewport({ scale, rotation: (page.rotate + 360 - quarter * 90) % 360 });
        const [width, height] = [Math.max(1, Math.round(viewport.width)), Math.max(1, Math.round(viewport.height))];
        // pdf.js declares neither its factory nor a canvas outside a browser; both are what the interface above says.
        const factory = pdf.canvasFactory as {
          create(width: number, height: number): DrawnCanvas;
          destroy(drawn: DrawnCanvas): void;
        };
        const drawn = factory.create(width, height);
        const target = { canvas: drawn.canvas, canvasContext: drawn.context } as unknown as { canvas: null };
        await page.render({ ...target, viewport, background: '#ffffff' }).promise;
        if (median !== undefined) takeSpecklesOff(drawn.context, width, height, median);
        const encoded = await (format === 'png' ? drawn.canvas.encode('png') : drawn.canvas.encode(format, quality));
        factory.destroy(drawn);
        page.cleanup();
        yield {
          page: number,
          bytes: new Uint8Array(encoded),
          mediaType: `image/${format}`,
          width,
          height,
          pointWidth: points.width,
          pointHeight: points.height,
          ...(quarter !== 0 && { quarter }),
        };
      } catch (cause) {
        yield {
          page: number,
          error: new FieldkitError('FILE_DAMAGED', `page ${number} of ${uri} cannot be drawn`, { cause }),
        };
      }
    }
  } finally {
    await close();
  }
}

function takeSpecklesOff(context: DrawnCanvas['context'], width: number, height: number, median: number): void {
  const image = context.getImageData(0, 0, width, height);
  const { data } = image;
  const grey = new Uint8Array(width * height);
  for (let at = 0; at < grey.length; at += 1) {
    // Rec. 601 weights
    grey[at] = 0.299 * (data[at * 4] ?? 0) + 0.587 * (data[at * 4 + 1] ?? 0) + 0.114 * (data[at * 4 + 2] ?? 0);
  }
  medianFilter(grey, width, height, median).forEach((value, at) => {
    data.fill(value, at * 4, at * 4 + 3);
  });
  context.putImageData(image, 0, 0);
}
