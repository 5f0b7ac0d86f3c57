import { counted, type Finding } from '@fieldkit/core';
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
    pageCount === undefined ? '' : counted(pageCount, 'page'),
    outcome === 'read' ? `${Math.round(durationMs)} ms` : '',
    outcome === 'failed' ? (findings[0]?.code ?? '') : findings.length > 0 ? counted(findings.length, 'finding') : '',
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
  'text/csv': 'CSV',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Excel',
};

const INDEX_LINE_EVERY_MS = 2000;

/** A line on the index every two seconds while it is written. */
export function createIndexProgress(terminal: Terminal): (done: number, total: number) => void {
  let last = performance.now();
  return (done, total) => {
    const now = performance.now();
    if (now - last < INDEX_LINE_EVERY_MS) return;
    last = now;
    terminal.notice(`  index: ${done} of ${counted(total, 'document')}`);
  };
}

/** Everything that a person must know: each problem by name, then the totals. */
export function showSummary(summary: IngestSummary, terminal: Terminal): void {
  const { files, documents, pages, chunks, failed, sync, contexts, durationMs } = summary;
  const problems = files.flatMap((file) =>
    file.findings.filter(({ severity }) => severity !== 'info').map((finding) => ({ file, finding })),
  );
  const notes = summary.findings - problems.length;
  const groups = groupFindings(problems);
  const shown = groups.slice(0, 40);
  if (shown.length > 0) terminal.line('\nFindings:');
  for (const { code, severity, text } of shown) {
    const paint = severity === 'error' ? terminal.style.red : terminal.style.yellow;
    terminal.line(`  ${paint(code)}  ${text}`);
  }
  if (groups.length > shown.length)
    terminal.line(`  … and ${groups.length - shown.length} more: fieldkit ingest --json`);
  const removed = files.filter(({ outcome }) => outcome === 'removed');
  for (const { uri } of removed) terminal.line(`  removed  ${uri}`);
  terminal.line(
    `\n${counted(documents, 'document')}, ${counted(pages, 'page')}, ${counted(chunks, 'chunk')}, ${counted(problems.length, 'finding')}${notes === 0 ? '' : ` and ${counted(notes, 'note')} (--json)`}${failed === 0 ? '' : `, ${failed} not readable`}` +
      ` · index: ${sync.added} added, ${sync.changed} changed, ${sync.removed} removed, ${sync.unchanged} unchanged · ${(durationMs / 1000).toFixed(1)} s`,
  );
  if (contexts !== undefined) terminal.line(contextsLine(contexts));
}

interface Problem {
  readonly file: IngestedFile;
  readonly finding: Finding;
}

/** One line for all findings of a kind in a document, with its pages, so that a long document does not bury the others. */
function groupFindings(problems: readonly Problem[]): { code: string; severity: Finding['severity']; text: string }[] {
  const groups = Map.groupBy(problems, ({ file, finding: { code, suggestion } }) =>
    JSON.stringify([file.uri, code, suggestion]),
  );
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { file, finding } = first;
    const pages = alike.flatMap(({ finding: { where } }) => pageOf(where, file.uri) ?? []);
    const told = alike.length === 1 && /\bpage \d/.test(finding.message);
    const place = pages.length === 0 || told ? file.uri : `${file.uri}, ${pageList(pages)}`;
    const message = finding.message.startsWith(file.uri) ? finding.message : `${place}: ${finding.message}`;
    const more = alike.length === 1 ? '' : ` (and ${alike.length - 1} more like it)`;
    const todo = finding.suggestion === undefined ? '' : ` → ${finding.suggestion}`;
    return [{ code: finding.code, severity: finding.severity, text: message + more + todo }];
  });
}

function pageOf(where: string | undefined, uri: string): number | undefined {
  const page = where?.startsWith(uri) === true ? /^,? page (\d+)$/.exec(where.slice(uri.length))?.[1] : undefined;
  return page === undefined ? undefined : Number(page);
}

/** `page 3`, `pages 3, 5–9`. */
function pageList(pages: readonly number[]): string {
  const sorted = [...new Set(pages)].sort((a, b) => a - b);
  const spans: [number, number][] = [];
  for (const page of sorted) {
    const last = spans.at(-1);
    if (last !== undefined && page === last[1] + 1) last[1] = page;
    else spans.push([page, page]);
  }
  const text = spans.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
  return `page${sorted.length === 1 ? '' : 's'} ${text}`;
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
