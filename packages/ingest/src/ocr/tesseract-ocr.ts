import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FieldkitError } from '@fieldkit/core';
import type { OcrLine, OcrStep } from '../reader.ts';

export interface TesseractOcrOptions {
  /**
   * Tesseract's language codes for a document's language, each with a package `@tesseract.js-data/CODE` installed. Default English for
   * documents in Latin script, Simplified Chinese and English for all others: the engine reads each language worse when others may occur.
   */
  readonly languagesOf?: (language: string) => readonly string[];
  /** Milliseconds for one page. Default 120,000. */
  readonly timeoutMs?: number;
}

export interface LocalOcr {
  readonly read: OcrStep;
  /** Ends the engine's thread; may be called twice. */
  close(): Promise<void>;
}

/** A gap between words of more than so many line heights separates cells of a table or columns. */
const CELL_GAP = 1.6;

/** Messages of the engine about parts of the language data that it does not need; the path is in the engine's own file system. */
const QUIET: Readonly<Record<string, string>> = { debug_file: '/dev/null' };

/** What is used of tesseract.js: it is an optional dependency, and its types are not part of ours. */
interface Word {
  readonly text: string;
  readonly confidence: number;
  readonly bbox: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };
}
interface Engine {
  recognize(
    image: Buffer,
    options: object,
    output: { blocks: true },
  ): Promise<{
    data: { blocks: readonly { paragraphs: readonly { lines: readonly { words: readonly Word[] }[] }[] }[] | null };
  }>;
  terminate(): Promise<unknown>;
}

/**
 * OCR on this machine with tesseract.js: no model endpoint, no network. The engine starts with the first picture and runs in a thread of
 * its own, one picture at a time.
 *
 * @throws {FieldkitError} from `read`: `UNSUPPORTED_RUNTIME` when tesseract.js or the data of a language is not installed, `TIMED_OUT`,
 * `CANCELLED`.
 */
export function createTesseractOcr({
  languagesOf = (language) => (language === 'en' ? ['eng'] : ['chi_sim', 'eng']),
  timeoutMs = 120_000,
}: TesseractOcrOptions = {}): LocalOcr {
  let engine: Promise<Engine> | undefined;
  let loaded = '';
  let last: Promise<unknown> = Promise.resolve();
  const stop = async () => {
    const started = engine;
    engine = undefined;
    await started?.then((running) => running.terminate()).catch(() => undefined);
  };

  const read: OcrStep = async ({ bytes }, { language, signal }) => {
    signal?.throwIfAborted();
    const languages = languagesOf(language);
    if (loaded !== languages.join()) await stop();
    loaded = languages.join();
    engine ??= startEngine(languages);
    const running = await engine.catch((error: unknown) => {
      engine = undefined; // so that the next page tries again
      throw error;
    });
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new FieldkitError('TIMED_OUT', `OCR of a page took longer than ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const onAbort = () => reject(new FieldkitError('CANCELLED', 'OCR was cancelled'));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const { data } = await Promise.race([running.recognize(Buffer.from(bytes), {}, { blocks: true }), ended]);
      const lines = (data.blocks ?? []).flatMap(({ paragraphs }) => paragraphs.flatMap((paragraph) => paragraph.lines));
      return lines.flatMap(({ words }) => cellsOf(words)).filter((line) => !isScratch(line));
    } catch (error) {
      await stop(); // what it was doing cannot be stopped otherwise
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  };
  return {
    read: (image, options) => {
      const next = last.then(() => read(image, options));
      last = next.catch(() => undefined);
      return next;
    },
    close: stop,
  };
}

async function startEngine(languages: readonly string[]): Promise<Engine> {
  const install = `npm install tesseract.js ${languages.map((code) => `@tesseract.js-data/${code}`).join(' ')}`;
  const missing = (what: string, cause: unknown) =>
    new FieldkitError('UNSUPPORTED_RUNTIME', `local OCR needs ${what}, which is not installed: ${install}`, { cause });
  const { createWorker } = await import('tesseract.js').catch((cause: unknown) => {
    throw missing('tesseract.js', cause);
  });
  // The engine takes one folder for all languages; each language is a package of its own.
  const folder = mkdtempSync(join(tmpdir(), 'fieldkit-ocr-'));
  try {
    for (const code of languages) {
      try {
        const data = new URL(
          `./4.0.0_best_int/${code}.traineddata.gz`,
          import.meta.resolve(`@tesseract.js-data/${code}/package.json`),
        );
        copyFileSync(fileURLToPath(data), join(folder, `${code}.traineddata.gz`));
      } catch (cause) {
        throw missing(`@tesseract.js-data/${code}`, cause);
      }
    }
    return await createWorker([...languages], 1, { langPath: folder, cacheMethod: 'none', gzip: true }, QUIET);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the engine makes of ruling lines and dirt: no letter or digit, or a single doubtful one. */
function isScratch({ text, confidence }: OcrLine): boolean {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  return letters === 0 || (letters === 1 && text.length <= 2 && confidence < 0.6);
}

/** The words of a line as stretches that a wide gap separates, Chinese without the blanks that the engine puts between words. */
function cellsOf(words: readonly Word[]): OcrLine[] {
  const seen = words.filter(({ text }) => text.trim() !== '');
  const height = Math.max(1, ...seen.map(({ bbox }) => bbox.y1 - bbox.y0));
  const cells: Word[][] = [];
  for (const word of seen) {
    const before = cells.at(-1)?.at(-1);
    if (before === undefined || word.bbox.x0 - before.bbox.x1 > height * CELL_GAP) cells.push([word]);
    else cells.at(-1)?.push(word);
  }
  return cells.map((cell) => ({
    text: cell
      .map(({ text }) => text)
      .join(' ')
      .replace(
        /(?<=[\p{Script=Han}，。、：；（）《》〔〕“”]) +(?=[\p{Script=Han}\d，。、：；（）《》〔〕“”])|(?<=[\d%]) +(?=\p{Script=Han})/gu,
        '',
      )
      // The engine writes them as in Latin text, whatever is printed: in Chinese they take a character's width.
      .replace(/(?<=\p{Script=Han}) *([;:,?!]) *(?=\p{Script=Han})/gu, (_, sign: string) =>
        String.fromCharCode(sign.charCodeAt(0) + 0xfee0),
      ),
    box: [
      Math.min(...cell.map(({ bbox }) => bbox.x0)),
      Math.min(...cell.map(({ bbox }) => bbox.y0)),
      Math.max(...cell.map(({ bbox }) => bbox.x1)),
      Math.max(...cell.map(({ bbox }) => bbox.y1)),
    ],
    confidence: cell.reduce((sum, { confidence }) => sum + confidence, 0) / cell.length / 100,
  }));
}
