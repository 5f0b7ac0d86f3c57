import { FieldkitError, type Finding } from '@fieldkit/core';
import type { DraftDocument, ReaderOptions } from '../reader.ts';
import { interpretPage } from './interpret-page.ts';
import { layOutDocument } from './lay-out-document.ts';
import { openPdf } from './open-pdf.ts';
import type { PageContent } from './page-content.ts';
import { pageTags } from './page-tags.ts';

/** Reads every page, then lays out the document as a whole: body size, running heads and headings need all pages. */
export async function readPdf(bytes: Uint8Array, { uri, limits, signal }: ReaderOptions): Promise<DraftDocument> {
  const { pdf, close } = await openPdf(bytes, uri);
  try {
    if (pdf.numPages > limits.maxPages) {
      throw new FieldkitError(
        'FILE_TOO_LARGE',
        `${uri} has ${pdf.numPages} pages, the limit is ${limits.maxPages}: split it`,
        {
          details: { pages: pdf.numPages, maxPages: limits.maxPages },
        },
      );
    }
    const pages: PageContent[] = [];
    const findings: Finding[] = [];
    for (let number = 1; number <= pdf.numPages; number += 1) {
      signal?.throwIfAborted();
      try {
        const page = await pdf.getPage(number);
        const content = await interpretPage(page);
        pages.push({ ...content, tags: await pageTags(page, content) });
        page.cleanup();
      } catch {
        findings.push({
          severity: 'error',
          code: 'page-unreadable',
          message: `page ${number} of ${uri} is damaged and was left out`,
          where: `${uri} page ${number}`,
          suggestion: 'Export the file again from its source.',
        });
      }
    }
    if (pages.length === 0) throw new FieldkitError('FILE_DAMAGED', `${uri} has no readable page: export it again`);
    const { info, outline } = await describe(pdf);
    const layout = layOutDocument(pages, { uri, outline });
    const title = typeof info.Title === 'string' ? info.Title : undefined;
    return {
      blocks: layout.blocks,
      ...(title !== undefined && { title }),
      metadata: { ...infoMetadata(info), ...layout.metadata },
      pageCount: pdf.numPages,
      findings: [...findings, ...layout.findings],
    };
  } finally {
    await close();
  }
}

/** Document information and outline titles; a damaged dictionary costs nothing but itself. */
async function describe(
  pdf: Awaited<ReturnType<typeof openPdf>>['pdf'],
): Promise<{ info: Record<string, unknown>; outline: Map<string, number> }> {
  const info = await pdf
    .getMetadata()
    .then(({ info: found }) => found as Record<string, unknown>) // a plain dictionary
    .catch(() => ({}));
  const outline = new Map<string, number>();
  const visit = (items: readonly { title: string; items?: unknown }[], depth: number) => {
    for (const { title, items: inner } of items) {
      if (outline.size < 5000) outline.set(title.replace(/\s+/g, '').toLowerCase(), depth);
      if (Array.isArray(inner) && depth < 10) visit(inner, depth + 1);
    }
  };
  visit((await pdf.getOutline().catch(() => null)) ?? [], 1);
  return { info, outline };
}

function infoMetadata(info: Record<string, unknown>): Record<string, string> {
  const metadata: Record<string, string> = {};
  const put = (key: string, value: unknown) => {
    if (typeof value === 'string' && value.trim() !== '') metadata[key] = value.trim();
  };
  put('author', info.Author);
  put('producer', info.Producer);
  put('created', pdfDate(info.CreationDate));
  put('modified', pdfDate(info.ModDate));
  return metadata;
}

/** `D:20240131120000+08'00'` to `2024-01-31`. */
function pdfDate(value: unknown): string | undefined {
  const match = typeof value === 'string' ? /^(?:D:)?(\d{4})(\d{2})(\d{2})/.exec(value) : null;
  return match === null ? undefined : `${match[1]}-${match[2]}-${match[3]}`;
}
