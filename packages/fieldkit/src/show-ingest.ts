import { basename } from 'node:path';
import type { ContextSummary, IngestedFile, IngestSummary } from '@fieldkit/project';
import type { Terminal } from './terminal.ts';

const MARKS = { read: 'read', unchanged: 'same', failed: 'FAIL', removed: 'gone' } as const;

/** One progress line per file. */
export function fileLine(
  { uri, outcome, pageCount, findings, durationMs, mediaType }: IngestedFile,
  done: number,
  total: number,
): string {
  const width = String(total).length;
  const facts = [
    mediaType === undefined ? '' : (KINDS[mediaType] ?? mediaType),
    pageCount === undefined ? '' : `${pageCount} page${pageCount === 1 ? '' : 's'}`,
    outcome === 'read' ? `${Math.round(durationMs)} ms` : '',
    outcome !== 'failed' && findings.length > 0 ? `${findings.length} finding${findings.length === 1 ? '' : 's'}` : '',
  ].filter((fact) => fact !== '');
  return `  [${String(done).padStart(width)}/${total}] ${MARKS[outcome]}  ${uri}${facts.length === 0 ? '' : `  (${facts.join(', ')})`}`;
}

const KINDS: Readonly<Record<string, string>> = {
  'application/pdf': 'PDF',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Word',
  'application/msword': 'Word 97',
  'text/plain': 'text',
  'text/markdown': 'Markdown',
  'text/html': 'HTML',
};

const INDEX_LINE_EVERY_MS = 2000;

/** A line on the index every two seconds while it is written. */
export function createIndexProgress(terminal: Terminal): (done: number, total: number) => void {
  let last = performance.now();
  return (done, total) => {
    const now = performance.now();
    if (now - last < INDEX_LINE_EVERY_MS) return;
    last = now;
    terminal.notice(`  index: ${done} of ${total} documents`);
  };
}

/** Everything that a person must know: each problem by name, then the totals. */
export function showSummary(summary: IngestSummary, terminal: Terminal): void {
  const { files, documents, pages, chunks, failed, sync, contexts, durationMs } = summary;
  const problems = files.flatMap((file) =>
    file.findings.filter(({ severity }) => severity !== 'info').map((finding) => ({ file, finding })),
  );
  const notes = summary.findings - problems.length;
  const shown = problems.slice(0, 40);
  if (shown.length > 0) terminal.line('\nFindings:');
  for (const { file, finding } of shown) {
    const paint = finding.severity === 'error' ? terminal.style.red : terminal.style.yellow;
    const where =
      finding.where === undefined || finding.where.includes(basename(file.uri))
        ? file.uri
        : `${file.uri}, ${finding.where}`;
    const message = finding.message.startsWith(file.uri) ? finding.message : `${where}: ${finding.message}`;
    terminal.line(
      `  ${paint(finding.code)}  ${message}${finding.suggestion === undefined ? '' : ` → ${finding.suggestion}`}`,
    );
  }
  if (problems.length > shown.length)
    terminal.line(`  … and ${problems.length - shown.length} more: fieldkit ingest --json`);
  const removed = files.filter(({ outcome }) => outcome === 'removed');
  for (const { uri } of removed) terminal.line(`  removed  ${uri}`);
  terminal.line(
    `\n${documents} documents, ${pages} pages, ${chunks} chunks, ${problems.length} finding${problems.length === 1 ? '' : 's'}${notes === 0 ? '' : ` and ${notes} note${notes === 1 ? '' : 's'} (--json)`}${failed === 0 ? '' : `, ${failed} not readable`}` +
      ` · index: ${sync.added} added, ${sync.changed} changed, ${sync.removed} removed, ${sync.unchanged} unchanged · ${(durationMs / 1000).toFixed(1)} s`,
  );
  if (contexts !== undefined) terminal.line(contextsLine(contexts));
}

function contextsLine({ model, written, reused, failed, usage, cost }: ContextSummary): string {
  const tokens = usage.calls === 0 ? '' : `, ${usage.inputTokens} tokens in, ${usage.outputTokens} out`;
  const money = cost === undefined ? '' : `, ${(cost.microUnits / 1e6).toFixed(4)} ${cost.currency}`;
  return `contexts by ${model}: ${written} written, ${reused} kept from before${failed === 0 ? '' : `, ${failed} of no use`}${tokens}${money}`;
}

export function summaryJson({ files, durationMs, ...summary }: IngestSummary) {
  return {
    ...summary,
    durationMs: Math.round(durationMs),
    files: files.map((file) => ({ ...file, durationMs: Math.round(file.durationMs) })),
  };
}
