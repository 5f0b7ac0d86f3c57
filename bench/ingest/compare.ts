// Our PDF reader beside those that install from npm, in one run: the same files, one after the other in this process, text to OUT/TOOL/NAME.md,
// CPU time of each, and the score of each when DATA has a manifest with true texts and a scorer is given.
//   node --conditions=@fieldkit/source bench/ingest/compare.ts DATA OUT [--scorer score.mjs] [--tools ours,pdf-parse,pdf2json,pdf2md]
// DATA is a folder of PDF files, or one with manifest.json (documents: name, file, kind, group).
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { documentToMarkdown, readDocument } from '@fieldkit/ingest';

interface Entry {
  readonly name: string;
  readonly file: string;
  readonly kind: string;
  readonly group: string;
}
type Tool = (bytes: Buffer, entry: Entry) => Promise<string>;

const TOOLS: Readonly<Record<string, Tool>> = {
  async ours(bytes, { file }) {
    return documentToMarkdown(await readDocument(bytes, { uri: file, tenant: 'bench' }));
  },
  async 'pdf-parse'(bytes) {
    const { PDFParse } = await import('pdf-parse');
    const parser = new PDFParse({ data: new Uint8Array(bytes) });
    try {
      return (await parser.getText({ pageJoiner: '' })).text;
    } finally {
      await parser.destroy();
    }
  },
  async pdf2json(bytes) {
    const { default: Parser } = await import('pdf2json');
    const parser = new Parser(null, true); // true: the text, not the places
    return new Promise((resolve, reject) => {
      parser.on('pdfParser_dataError', (error) => reject(error));
      parser.on('pdfParser_dataReady', () =>
        resolve(parser.getRawTextContent().replace(/^-+Page \(\d+\) Break-+$/gm, '')),
      );
      parser.parseBuffer(bytes, 0);
    });
  },
  async pdf2md(bytes) {
    // A CommonJS module that is a function; its types describe an ES module.
    const { default: convert } = (await import('@opendocsg/pdf2md')) as unknown as {
      default: (bytes: Buffer) => Promise<string>;
    };
    return convert(bytes);
  },
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { scorer: { type: 'string' }, tools: { type: 'string', default: Object.keys(TOOLS).join(',') } },
});
const [data, out] = positionals;
if (data === undefined || out === undefined) {
  console.error('usage: compare.ts DATA OUT [--scorer score.mjs] [--tools ours,pdf-parse]');
  process.exit(2);
}
const entries = entriesOf(data).filter(({ kind, group }) => kind === 'pdf' && group !== 'robust');
const pages = new Map<string, number>();
for (const entry of entries) {
  const document = await readDocument(readFileSync(join(data, entry.file)), { uri: entry.file, tenant: 'bench' });
  pages.set(entry.name, document.pageCount ?? 0);
}
const allPages = [...pages.values()].reduce((sum, count) => sum + count, 0);

const rows: Record<string, string>[] = [];
for (const name of values.tools.split(',')) {
  const tool = TOOLS[name];
  if (tool === undefined) throw new Error(`unknown tool ${name}: ${Object.keys(TOOLS).join(', ')}`);
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  let failed = 0;
  const cpu = process.cpuUsage();
  for (const entry of entries) {
    const bytes = readFileSync(join(data, entry.file));
    const text = await tool(bytes, entry).catch(() => {
      failed += 1;
      return '';
    });
    writeFileSync(join(folder, `${entry.name}.md`), text);
  }
  const { user, system } = process.cpuUsage(cpu);
  rows.push({
    tool: name,
    failed: String(failed),
    'pages per CPU second': (allPages / ((user + system) / 1e6)).toFixed(1),
    ...(values.scorer !== undefined && scoresOf(values.scorer, data, folder)),
  });
}
console.log(`${entries.length} PDF files, ${allPages} pages`);
console.table(Object.fromEntries(rows.map(({ tool = '', ...row }) => [tool, row])));

function entriesOf(folder: string): Entry[] {
  if (existsSync(join(folder, 'manifest.json'))) {
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { documents: Entry[] }; // the set's own shape
    return manifest.documents;
  }
  return globSync('**/*.pdf', { cwd: folder })
    .sort()
    .map((file) => ({ name: basename(file, '.pdf'), file, kind: 'pdf', group: '' }));
}

function scoresOf(scorer: string, folder: string, predicted: string): Record<string, string> {
  const report = join(predicted, 'report.json');
  const names = entries.map(({ name }) => name).join(',');
  const given = ['--truth', join(folder, 'truth'), '--pred', predicted, '--json', report, '--only', names, '--quiet'];
  execFileSync(process.execPath, [scorer, ...given]);
  const { documents } = JSON.parse(readFileSync(report, 'utf8')) as { documents: Record<string, unknown>[] }; // the scorer's own shape
  const scores: Record<string, string> = {};
  for (const group of [...new Set(entries.map((entry) => entry.group))]) {
    for (const column of ['overall', 'nid', 'teds', 'mhs', 'facts']) {
      const found = documents
        .filter((row) => row.group === group)
        .map((row) => row[column])
        .filter((value) => typeof value === 'number');
      if (found.length === 0) continue;
      scores[`${group} ${column}`] = (found.reduce((sum, value) => sum + value, 0) / found.length).toFixed(3);
    }
  }
  return scores;
}
