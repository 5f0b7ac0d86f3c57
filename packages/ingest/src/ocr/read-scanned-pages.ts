import { blockSpans, counted, type Document, detectLanguage, type Finding, toFieldkitError } from '@fieldkit/core';
import { assembleBlocks } from '../assemble-blocks.ts';
import { pagesThatNeedOcr } from '../inventory/inventory-of.ts';
import { layOutDocument } from '../pdf/lay-out-document.ts';
import type { DraftBlock, OcrLine, OcrStep } from '../reader.ts';
import { ocrPageContent } from './ocr-page-content.ts';
import { pageImages } from './page-images.ts';
import type { PageImage, RenderPagesOptions } from './render-pages.ts';

export interface ReadScannedPagesOptions {
  /** Absolute path of the PDF that the document was read from. */
  readonly path: string;
  readonly ocr: OcrStep;
  /** Of the pictures. Default 300 dots per inch. */
  readonly dpi?: number;
  /** Below this mean confidence (by characters) a page is a warning, 0 to 1. Default 0.85. */
  readonly minConfidence?: number;
  /** Whether a doubtful page is read again turned and with its speckles taken off. Default true; a vision model needs none of it. */
  readonly retryCleaned?: boolean;
  readonly signal?: AbortSignal;
}

interface Reading {
  /** Absent when the page cannot be drawn. */
  readonly image?: PageImage;
  readonly lines: readonly OcrLine[];
  readonly confidence: number;
}

/** Mean confidence below which nothing of a reading can be believed: signs that an engine sees in noise. */
const UNREADABLE = 0.5;
/** Below it, a page may stand sideways: upright ones of bad scans are above. */
const UPRIGHT = 0.7;
/** By how much a turned page must be read more surely. */
const CLEARLY = 0.1;

/**
 * Reads the pages of a PDF that are pictures (`needs-ocr`) and puts their text, with places, where it belongs. What each page gave is a
 * finding: read, read with low confidence, or still without text and why. A page that cannot be read, or only so badly that what comes is
 * no text, leaves the document as it was.
 *
 * @throws {FieldkitError} `CANCELLED`.
 */
export async function readScannedPages(document: Document, options: ReadScannedPagesOptions): Promise<Document> {
  const { path, ocr, dpi = 300, minConfidence = 0.85, retryCleaned = true, signal } = options;
  const wanted = pagesThatNeedOcr(document.findings);
  if (wanted.length === 0 || document.mediaType !== 'application/pdf') return document;
  const { uri } = document;
  const cancellable = signal === undefined ? {} : { signal };
  const language = document.text.trim() === '' ? 'und' : document.language;
  const found: DraftBlock[] = [];
  const findings: Finding[] = [];
  const read = new Set<number>();
  const failed = (page: number, message: string) =>
    findings.push({
      severity: 'warning',
      code: 'ocr-failed',
      message: `page ${page} was not read by OCR: ${message}`,
      where: `${uri} page ${page}`,
      suggestion: 'Correct what the message names and ingest again.',
    });

  // One page at a time: a picture of 300 dots per inch takes tens of megabytes.
  for (const page of wanted) {
    signal?.throwIfAborted();
    try {
      const { image, lines, confidence } = await bestReading(page);
      if (image === undefined || lines.length === 0) {
        failed(page, image === undefined ? 'it cannot be drawn' : 'no text was found on it');
        continue;
      }
      if (confidence < UNREADABLE) {
        failed(page, `what was read is no text (confidence ${confidence.toFixed(2)}): it needs a better scan`);
        continue;
      }
      const layout = layOutDocument([ocrPageContent(lines, image)], { uri, outline: new Map() });
      if (layout.blocks.length === 0) {
        failed(page, 'its text could not be placed');
        continue;
      }
      found.push(...layout.blocks);
      read.add(page);
      findings.push(pageFinding(page, uri, lines, minConfidence));
    } catch (error) {
      signal?.throwIfAborted();
      failed(page, toFieldkitError(error).message);
    }
  }
  async function reading(page: number, drawing: Partial<RenderPagesOptions>): Promise<Reading> {
    const { images } = await pageImages({ path, uri, pages: [page], dpi, ...drawing, ...cancellable });
    const [image] = images;
    if (image === undefined) return { lines: [], confidence: -1 };
    const lines = (await ocr(image, { language, ...cancellable })).filter(({ text }) => text.trim() !== '');
    return { image, lines, confidence: meanConfidence(lines) };
  }
  /**
   * Reads the page as it is. When what comes is hardly text, tries (with half the dots, which is enough to see) whether it stands sideways
   * or upside down; when it is doubtful, reads it with its speckles taken off. Keeps the reading with the most confidence.
   */
  async function bestReading(page: number): Promise<Reading> {
    let best = await reading(page, {});
    const better = (next: Reading) => {
      if (next.confidence > best.confidence) best = next;
    };
    const isGood = () => best.image === undefined || best.confidence >= minConfidence || !retryCleaned;
    if (isGood()) return best;
    if (best.confidence < UPRIGHT) {
      const seen = [];
      for (const quarter of [1, 2, 3] as const)
        seen.push({ quarter, ...(await reading(page, { quarter, dpi: dpi / 2 })) });
      const [turned] = seen.sort((left, right) => right.confidence - left.confidence);
      if (turned !== undefined && turned.confidence > best.confidence + CLEARLY)
        better(await reading(page, { quarter: turned.quarter }));
    }
    const quarter = best.image?.quarter ?? 0;
    for (const median of [5, 3] as const) {
      if (isGood()) return best;
      better(await reading(page, { quarter, median }));
    }
    return best;
  }
  if (read.size === 0) return { ...document, findings: [...document.findings, ...findings] };

  const kept = document.findings.filter(
    ({ code, where = '' }) => code !== 'needs-ocr' || !read.has(Number(/ page (\d+)$/.exec(where)?.[1])),
  );
  const { blocks, text, places } = assembleBlocks(inPageOrder(draftsOf(document), found));
  return {
    ...document,
    ...{ blocks, text, places },
    language: detectLanguage(text.slice(0, 20_000)),
    metadata: { ...document.metadata, ocrPages: [...read].map(String) },
    findings: [...kept, ...findings],
  };
}

function pageFinding(page: number, uri: string, lines: readonly OcrLine[], minConfidence: number): Finding {
  const confidence = meanConfidence(lines);
  const doubtful = lines.filter((line) => line.confidence < minConfidence).length;
  const low = confidence < minConfidence;
  const facts = `${counted(lines.length, 'line')}, confidence ${confidence.toFixed(2)}, ${doubtful} doubtful`;
  return {
    severity: low ? 'warning' : 'info',
    code: low ? 'ocr-low-confidence' : 'ocr-read',
    message: `page ${page} was read by OCR (${facts})`,
    where: `${uri} page ${page}`,
    ...(low && { suggestion: 'Compare the text with the page, or get a file with its text.' }),
  };
}

/** By characters; 0 of nothing. */
function meanConfidence(lines: readonly OcrLine[]): number {
  const characters = lines.reduce((sum, { text }) => sum + text.length, 0);
  return characters === 0 ? 0 : lines.reduce((sum, line) => sum + line.confidence * line.text.length, 0) / characters;
}

/** The blocks of a document with their places as offsets of the block. */
function draftsOf({ blocks, places }: Document): DraftBlock[] {
  return blockSpans(blocks).map(({ block, start, end }) => ({
    ...block,
    places: places
      .filter((span) => span.start < end && span.end > start)
      .map((span) => ({
        start: Math.max(0, span.start - start),
        end: Math.min(end, span.end) - start,
        place: span.place,
      })),
  }));
}

/** The new blocks before the first old one that begins on a later page. */
function inPageOrder(drafts: readonly DraftBlock[], found: readonly DraftBlock[]): DraftBlock[] {
  const pageOf = ({ places = [] }: DraftBlock) => places[0]?.place.page;
  const ordered: DraftBlock[] = [];
  const waiting = [...found];
  for (const draft of drafts) {
    const page = pageOf(draft);
    while (page !== undefined && waiting[0] !== undefined && (pageOf(waiting[0]) ?? 0) < page)
      ordered.push(...waiting.splice(0, 1));
    ordered.push(draft);
  }
  return [...ordered, ...waiting];
}
