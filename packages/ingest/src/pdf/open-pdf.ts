import { FieldkitError } from '@fieldkit/core';
import { getDocument, type PDFDocumentProxy, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** Largest picture that is decoded, in pixels; larger ones are left out by pdf.js. */
const MAX_IMAGE_PIXELS = 20_000_000;

/**
 * Opens a PDF with everything switched off that could run code or reach out of the process. The bytes are copied: pdf.js detaches
 * what it is given.
 *
 * @throws {FieldkitError} `FILE_ENCRYPTED` when a password is needed, `FILE_DAMAGED` when it cannot be opened.
 */
export async function openPdf(
  bytes: Uint8Array,
  uri: string,
  { maxImagePixels = MAX_IMAGE_PIXELS }: { readonly maxImagePixels?: number } = {},
): Promise<{ pdf: PDFDocumentProxy; close(): Promise<void> }> {
  const task = getDocument({
    data: new Uint8Array(bytes),
    isEvalSupported: false,
    enableXfa: false,
    useWorkerFetch: false,
    useWasm: false,
    disableAutoFetch: true,
    cMapUrl: packageFolder('cmaps'),
    cMapPacked: true,
    standardFontDataUrl: packageFolder('standard_fonts'),
    maxImageSize: maxImagePixels,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    return { pdf: await task.promise, close: () => task.destroy() };
  } catch (cause) {
    await task.destroy().catch(() => undefined); // the first error says more
    if (cause instanceof Error && cause.name === 'PasswordException') {
      throw new FieldkitError('FILE_ENCRYPTED', `${uri} needs a password: export it without one`, { cause });
    }
    throw new FieldkitError('FILE_DAMAGED', `${uri} cannot be opened as PDF: export it again from its source`, {
      cause,
    });
  }
}

/** pdf.js reads these with `fs` and wants a path that ends in a slash. */
function packageFolder(name: string): string {
  const url = new URL(`../../${name}/`, import.meta.resolve('pdfjs-dist/legacy/build/pdf.mjs'));
  return decodeURIComponent(url.pathname.replace(/^\/([A-Za-z]:)/, '$1'));
}
