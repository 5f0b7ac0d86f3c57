import { type Document, placesOf } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { adviseOn } from '../advice/advise.ts';
import { findDuplicates } from '../duplicates/find-duplicates.ts';
import { inventoryOf } from '../inventory/inventory-of.ts';
import { readDocument } from '../read-document.ts';
import { type IngestReportOptions, ingestReport } from './ingest-report.ts';
import { reportPages } from './report-data.ts';

/** A text with one place per block, `perPage` blocks on a page. */
async function pagedDocument(
  uri: string,
  blocks: readonly string[],
  perPage = 2,
  extra: Partial<Document> = {},
): Promise<Document> {
  const document = await readDocument(new TextEncoder().encode(blocks.join('\n\n')), { uri, tenant: 'default' });
  let start = 0;
  const places = document.blocks.map(({ text }, index) => {
    const page = Math.floor(index / perPage) + 1;
    const span = {
      start,
      end: start + text.length,
      place: { page, box: [72, 100, 500, 120] as [number, number, number, number] },
    };
    start = span.end + 2;
    return span;
  });
  return { ...document, places, pageCount: Math.ceil(document.blocks.length / perPage), ...extra };
}

async function reportOf(documents: readonly Document[], options: IngestReportOptions = {}) {
  const duplicates = findDuplicates(documents);
  const inventory = inventoryOf({
    documents,
    duplicates,
    unread: [{ uri: 'x/<b>.pdf', tenant: 'default', groups: [], reason: 'it needs a password' }],
  });
  const advice = await adviseOn({ documents, duplicates, segmentation: { strategy: 'structure', maxTokens: 400 } });
  return ingestReport({ project: 'quarry', date: '2026-11-22', documents, inventory, duplicates, advice }, options);
}

const picture = (page: number, size: number) => ({
  ...{ page, bytes: new Uint8Array(size), mediaType: 'image/webp' as const },
  ...{ width: 500, height: 700, pointWidth: 595, pointHeight: 842 },
});

describe('reportPages', () => {
  it('gives each block the boxes that the document gives it', async () => {
    const document = await pagedDocument('a.md', ['# One', 'First words.', '# Two', 'Second words.', 'Third words.']);
    const pages = reportPages(document, [], 10);
    expect(
      pages.map(({ page, blocks }) => [page, blocks.map(([kind, number, level]) => [kind, number, level])]),
    ).toEqual([
      [
        1,
        [
          [0, 1, 1],
          [1, 2, 0],
        ],
      ],
      [
        2,
        [
          [0, 3, 1],
          [1, 4, 0],
        ],
      ],
      [3, [[1, 5, 0]]],
    ]);
    expect(pages[0]?.blocks[1]?.slice(3)).toEqual([...(placesOf(document, 7, 10)[0]?.box ?? []), 'First words.']);
    expect(reportPages(document, [], 1)).toHaveLength(1);
  });
});

describe('ingestReport', () => {
  it('lets no text of a document become markup, script or a request', async () => {
    const evil = '</script><img src=http://x onerror=alert(1)> <!-- "quoted" & \u2028';
    const { html } = await reportOf([await pagedDocument('evil "name" <i>.txt', [evil, evil, 'end'])]);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<i>.txt');
    expect(html).not.toContain('x/<b>');
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).toMatch(
      /default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-[\w+/=]{44}'/,
    );
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(JSON.parse(data).documents[0].pages[0].blocks[0].at(-1)).toContain('</script>');
  });

  it('has the facts for machines, without pictures', async () => {
    const findings = [{ severity: 'error' as const, code: 'needs-ocr', message: 'page 3', where: 'a.md page 3' }];
    const document = await pagedDocument('a.md', ['# One', 'Words.', '| a | b |\n| --- | --- |\n| 1 | 2 |'], 2, {
      pageCount: 3,
      findings,
    });
    const { json, html } = await reportOf([document]);
    expect(json.documents[0]).toMatchObject({
      blocks: { heading: 1, paragraph: 1, table: 1 },
      cells: 4,
      emptyPages: [3],
      outline: [{ level: 1, text: 'One' }],
    });
    expect(json.totals).toMatchObject({ documents: 1, notReadable: 1, ocrPages: 1 });
    expect(json.unread[0]?.reason).toBe('it needs a password');
    expect(JSON.stringify(json)).not.toContain('data:image');
    expect(html).toContain('needs a password');
  });

  it('spends its bytes for pictures on documents with warnings first', async () => {
    const findings = [{ severity: 'warning' as const, code: 'hidden-text', message: 'hidden' }];
    const documents = await Promise.all([
      pagedDocument('a.txt', ['a', 'b', 'c']),
      pagedDocument('b.txt', ['d', 'e', 'f'], 2, { findings }),
    ]);
    const asked: string[] = [];
    const { pagesDrawn, pagesFailed, html } = await reportOf(documents, {
      processes: 1,
      maxImageBytes: 250,
      draw: async ({ uri }, pages) => {
        asked.push(`${uri} ${pages}`);
        return { images: pages.map((page) => picture(page, 100)), failed: [] };
      },
    });
    expect(asked).toEqual(['b.txt 1,2', 'a.txt 1,2']);
    expect([pagesDrawn, pagesFailed, html.match(/data:image\/webp/g)?.length]).toEqual([2, 0, 2]);
  });

  it('speaks Chinese when asked to', async () => {
    const { html } = await reportOf([await pagedDocument('甲.txt', ['一、总则', '内容。'])], { language: 'zh' });
    expect(html).toContain('<html lang="zh">');
    expect(html).toContain('文档处理报告');
  });
});
