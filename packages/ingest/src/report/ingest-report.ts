import { type Document, mapConcurrent } from '@fieldkit/core';
import type { PageImages } from '../ocr/page-images.ts';
import { type IngestReport, type ReportInput, type ReportPage, reportData, reportPages } from './report-data.ts';
import { reportHtml } from './report-html.ts';

export interface IngestReportOptions {
  /** Of headings. Default `en`. */
  readonly language?: 'zh' | 'en';
  /** Draws the named pages of a document small; left out, pages are shown as outlines with the first words of each block. */
  readonly draw?: (document: Document, pages: readonly number[]) => Promise<PageImages>;
  /** Pages of one document that are shown. Default 30. */
  readonly maxPages?: number;
  /** Bytes of all page pictures together; pages after that are shown as outlines. Default 4,000,000. */
  readonly maxImageBytes?: number;
  /** Documents drawn at a time. Default 2. */
  readonly processes?: number;
}

export interface WrittenReport {
  readonly html: string;
  readonly json: IngestReport;
  readonly pagesDrawn: number;
  /** Pages that could not be drawn. */
  readonly pagesFailed: number;
}

/**
 * The report of an ingestion as one HTML page and as data. Documents with warnings get page pictures first, so that a bound on their
 * size takes them from documents that are in order.
 */
export async function ingestReport(input: ReportInput, options: IngestReportOptions = {}): Promise<WrittenReport> {
  const { language = 'en', draw, maxPages = 30, maxImageBytes = 4_000_000, processes = 2 } = options;
  const urgent = ({ findings }: Document) => (findings.some(({ severity }) => severity !== 'info') ? 0 : 1);
  const pages = new Map<string, readonly ReportPage[]>();
  let bytes = 0;
  let pagesDrawn = 0;
  let pagesFailed = 0;
  const shown = input.documents.filter(({ pageCount }) => pageCount !== undefined);
  await mapConcurrent(
    [...shown].sort((left, right) => urgent(left) - urgent(right)),
    processes,
    async (document) => {
      const count = Math.min(document.pageCount ?? 0, maxPages);
      const numbers = Array.from({ length: count }, (_, index) => index + 1);
      const drawn =
        draw === undefined || bytes >= maxImageBytes ? { images: [], failed: [] } : await draw(document, numbers);
      const kept = drawn.images.filter((image) => {
        if (bytes + image.bytes.length > maxImageBytes) return false;
        bytes += image.bytes.length;
        return true;
      });
      pagesDrawn += kept.length;
      pagesFailed += drawn.failed.length;
      pages.set(document.id, reportPages(document, kept, maxPages));
    },
  );
  const json = reportData(input);
  return { html: reportHtml(json, { language, pages }), json, pagesDrawn, pagesFailed };
}
