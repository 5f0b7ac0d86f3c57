// Reads every document of a data folder through the parser pool, writes NAME.md each, and calls the folder's scorer when given.
//   node --conditions=@fieldkit/source bench/ingest/score.ts DATA OUT [--scorer score.mjs] [--only name,name] [--in-process] [--out results.json]
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { errorRecord } from '@fieldkit/core';
import { createParserPool, documentToMarkdown, readDocument } from '@fieldkit/ingest';
import { keepResult } from './keep-result.ts';

interface Entry {
  readonly name: string;
  readonly file: string;
  readonly group: string;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    scorer: { type: 'string' },
    only: { type: 'string' },
    'in-process': { type: 'boolean' },
    out: { type: 'string' },
  },
});
const [data, out] = positionals;
if (data === undefined || out === undefined) {
  console.error('usage: score.ts DATA OUT [--scorer score.mjs] [--only name,name] [--in-process] [--out results.json]');
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const manifest = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as { documents: Entry[] };
const only = values.only?.split(',');
const entries = manifest.documents.filter(
  ({ name, group }) => group !== 'robust' && (only?.some((part) => name.includes(part)) ?? true),
);
const pool = createParserPool();
const cpu = process.cpuUsage();
let pages = 0;
for (const { name, file } of entries) {
  const path = join(data, file);
  const target = { uri: file, tenant: 'bench', groups: [] };
  try {
    const document =
      values['in-process'] === true
        ? await readDocument(readFileSync(path), target)
        : await pool.parse({ ...target, path });
    pages += document.pageCount ?? 0;
    writeFileSync(join(out, `${name}.md`), documentToMarkdown(document));
    writeFileSync(join(out, `${name}.json`), JSON.stringify(document, null, 1));
  } catch (error) {
    writeFileSync(join(out, `${name}.md`), '');
    console.error(`${name}: ${JSON.stringify(errorRecord(error))}`);
  }
}
await pool.close();
let pagesPerCpuSecond: number | undefined;
if (values['in-process'] === true) {
  const { user, system } = process.cpuUsage(cpu);
  pagesPerCpuSecond = pages / ((user + system) / 1e6);
  console.log(
    `${pages} pages, ${(pages / ((user + system) / 1e6)).toFixed(1)} pages per CPU second, ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
  );
}
if (values.scorer !== undefined) {
  const report = join(out, 'report.json');
  const names = entries.map(({ name }) => name).join(',');
  execFileSync(process.execPath, [
    values.scorer,
    '--truth',
    join(data, 'truth'),
    '--pred',
    out,
    '--json',
    report,
    '--only',
    names,
    '--quiet',
  ]);
  const { groups, documents } = JSON.parse(readFileSync(report, 'utf8')) as ScoreReport;
  const show = (value: unknown) => (typeof value === 'number' ? value.toFixed(3) : '  -  ');
  const columns = ['overall', 'nid', 'teds', 'mhs', 'f1', 'cell', 'facts'] as const;
  console.log(`${''.padEnd(48)}${columns.map((column) => column.padStart(8)).join('')}`);
  for (const row of documents)
    console.log(
      `${row.name.slice(0, 46).padEnd(48)}${columns.map((column) => show(row[column]).padStart(8)).join('')}`,
    );
  const means: Record<string, Record<string, number>> = {};
  for (const kind of ['pdf', 'docx', 'txt']) {
    for (const group of ['made', 'real-docling', 'real-facts', 'txt']) {
      const rows = documents.filter((row) => row.kind === kind && row.group === group);
      if (rows.length === 0) continue;
      const mean = (column: (typeof columns)[number]) => {
        const found = rows.map((row) => row[column]).filter((value) => typeof value === 'number');
        return found.length === 0 ? undefined : found.reduce((sum, value) => sum + value, 0) / found.length;
      };
      means[`${kind} ${group}`] = {
        documents: rows.length,
        ...Object.fromEntries(
          columns.flatMap((column) => {
            const value = mean(column);
            return value === undefined ? [] : [[column, Number(value.toFixed(4))]];
          }),
        ),
      };
      console.log(
        `${`= ${kind} ${group} (${rows.length})`.padEnd(48)}${columns.map((column) => show(mean(column)).padStart(8)).join('')}`,
      );
    }
  }
  const lowestText = Math.min(...documents.filter(({ kind }) => kind === 'txt').map(({ overall }) => overall ?? 0));
  keepResult(values.out, 'score', { pages, pagesPerCpuSecond, lowestText, means });
  if (Object.keys(groups).length === 0) process.exitCode = 1;
}

interface ScoreReport {
  readonly groups: Record<string, unknown>;
  readonly documents: readonly (Record<
    'overall' | 'nid' | 'teds' | 'mhs' | 'f1' | 'cell' | 'facts',
    number | null | undefined
  > & {
    readonly name: string;
    readonly kind: string;
    readonly group: string;
  })[];
}
