import type { IngestedFile, IngestSummary } from '@fieldkit/project';
import { expect, test } from 'vitest';
import { showSummary } from './show-ingest.ts';
import type { Terminal } from './terminal.ts';

const uri = 'knowledge/long.pdf';

function printed(findings: IngestedFile['findings']): string[] {
  const lines: string[] = [];
  const file: IngestedFile = { uri, id: 'd1', outcome: 'read', pageCount: 9, findings, durationMs: 1 };
  const summary: IngestSummary = {
    files: [file],
    documents: 1,
    pages: 9,
    chunks: 1,
    findings: findings.length,
    failed: 0,
    sync: { added: 1, changed: 0, removed: 0, unchanged: 0 } as IngestSummary['sync'],
    durationMs: 10,
  };
  const plain = (text: string) => text;
  const terminal = { line: (text: string) => lines.push(text), style: { red: plain, yellow: plain } };
  showSummary(summary, terminal as unknown as Terminal);
  return lines;
}

const hidden = (page: number) => ({
  severity: 'warning' as const,
  code: 'hidden-text',
  message: `${page * 10} characters are hidden`,
  where: `${uri} page ${page}`,
  suggestion: 'Look at the page.',
});

test('the same finding on many pages of a document is one line with its pages', () => {
  const lines = printed([hidden(7), hidden(2), hidden(3), hidden(4)]);
  expect(lines.filter((line) => line.includes('hidden-text'))).toEqual([
    '  hidden-text  knowledge/long.pdf, pages 2–4, 7: 70 characters are hidden (and 3 more like it) → Look at the page.',
  ]);
  expect(lines.at(-1)).toContain('1 document, 9 pages, 1 chunk, 4 findings');
});

test('a finding names its page once', () => {
  expect(printed([hidden(2)])).toContain(
    '  hidden-text  knowledge/long.pdf, page 2: 20 characters are hidden → Look at the page.',
  );
  const told = { ...hidden(5), message: 'page 5 is a picture' };
  expect(printed([told])).toContain('  hidden-text  knowledge/long.pdf: page 5 is a picture → Look at the page.');
});
