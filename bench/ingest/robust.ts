// Reads the hostile and damaged files of a data folder through the parser pool and compares with what its manifest expects.
//   node --conditions=@fieldkit/source bench/ingest/robust.ts DATA [--only name] [--out results.json]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toFieldkitError } from '@fieldkit/core';
import { createParserPool, documentToMarkdown } from '@fieldkit/ingest';
import { keepResult } from './keep-result.ts';

interface Entry {
  readonly name: string;
  readonly file: string;
  readonly group: string;
  readonly expect?: string;
  readonly absent?: readonly string[];
  readonly maxMs?: number;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, out: { type: 'string' } },
});
const [data] = positionals;
if (data === undefined) {
  console.error('usage: robust.ts DATA [--only name] [--out results.json]');
  process.exit(2);
}
// A file that a person wrote for one machine: its shape is the manifest's own.
const manifest = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as { documents: Entry[] };
const pool = createParserPool({ processes: 1 });
let failed = 0;
let read = 0;
let slowest = 0;
for (const { name, file, expect = 'any', absent = [], maxMs = 20_000 } of manifest.documents.filter(
  ({ group }) => group === 'robust',
)) {
  if (values.only !== undefined && !name.includes(values.only)) continue;
  const started = performance.now();
  let outcome: string;
  let text = '';
  let codes: string[] = [];
  try {
    const document = await pool.parse({ path: join(data, file), uri: file, tenant: 'bench', groups: [] });
    text = documentToMarkdown(document) + JSON.stringify(document);
    codes = document.findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code);
    outcome = codes.includes('needs-ocr') ? 'needs-ocr' : document.text.trim() === '' ? 'empty' : 'text';
  } catch (error) {
    outcome = toFieldkitError(error).code;
  }
  const ms = Math.round(performance.now() - started);
  const rejected = outcome.startsWith('FILE_') || outcome.startsWith('PARSE_');
  const holds =
    expect === 'any' ||
    (expect === 'text' && outcome === 'text') ||
    (expect === 'password' && outcome === 'FILE_ENCRYPTED') ||
    (expect === 'needs-ocr' && outcome === 'needs-ocr') ||
    (expect === 'reject' && rejected) ||
    (expect === 'reject-or-bounded' && (rejected || outcome === 'text' || outcome === 'empty'));
  const good =
    holds && ms <= maxMs + 1000 && absent.every((secret) => !text.includes(secret)) && outcome !== 'INTERNAL';
  if (!good) failed += 1;
  read += 1;
  slowest = Math.max(slowest, ms);
  console.log(
    `${good ? 'ok  ' : 'FAIL'} ${name.padEnd(58)} ${expect.padEnd(18)} ${outcome.padEnd(22)} ${String(ms).padStart(6)} ms  ${[...new Set(codes)].join(' ')}`,
  );
}
await pool.close();
keepResult(values.out, 'robust', { files: read, asExpected: read - failed, slowestMs: slowest });
console.log(failed === 0 ? 'all as expected' : `${failed} not as expected`);
process.exitCode = failed === 0 ? 0 : 1;
