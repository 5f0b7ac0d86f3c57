import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import {
  counted,
  DEFAULT_TENANT,
  type Document,
  errorRecord,
  FieldkitError,
  type Finding,
  mapConcurrent,
  toFieldkitError,
} from '@fieldkit/core';
import { createParserPool, documentToMarkdown } from '@fieldkit/ingest';
import { type Command, flag, stringOption } from '../command.ts';

interface Parsed {
  readonly file: string;
  readonly output?: string;
  readonly ok: boolean;
  readonly mediaType?: string;
  readonly title?: string;
  readonly language?: string;
  readonly pages?: number;
  readonly blocks?: Readonly<Record<string, number>>;
  readonly characters?: number;
  readonly findings: readonly Finding[];
  readonly durationMs: number;
}

export const command: Command = {
  usage: 'parse FILE… --out DIR [--force] [--timeout SECONDS] [--memory MB] [--json]',
  description:
    'Turns each file into Markdown (NAME.md: headings as #, tables as Markdown or HTML) and says what was found and lost. Needs no project.\nA file that cannot be read is reported with a code and what to do; the rest goes on (exit code 3).',
  options: {
    out: { type: 'string', value: 'DIR', summary: 'folder for the Markdown files (made when missing)' },
    force: { type: 'boolean', summary: 'replace Markdown files that are there already' },
    timeout: { type: 'string', value: 'SECONDS', summary: 'longest time per file (default 20)' },
    memory: { type: 'string', value: 'MB', summary: 'most memory of a parsing process (default 500)' },
    processes: { type: 'string', value: 'N', summary: 'files at a time (default: processors, at most 4)' },
    json: { type: 'boolean', summary: 'print what was found and lost as JSON' },
  },
  examples: [
    'fieldkit parse contract.docx manual.pdf --out parsed',
    'fieldkit parse knowledge/*.pdf --out parsed --json',
  ],
  positionals: { min: 1, max: 1_000_000 },
  async run(input, { terminal, cwd, self, signal }) {
    const out = stringOption(input, 'out');
    if (out === undefined) throw new FieldkitError('INVALID_OPTION', 'say where to write: --out DIR');
    const folder = resolve(cwd, out);
    mkdirSync(folder, { recursive: true });
    const processes = numberOption(stringOption(input, 'processes'), 'processes', Math.min(4, availableParallelism()));
    const names = outputNames(input.positionals);
    const there = names.filter((name) => existsSync(join(folder, `${name}.md`)));
    if (there.length > 0 && !flag(input, 'force')) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `${counted(there.length, 'file')} of ${folder} would be replaced (${there[0]}.md${there.length > 1 ? ', …' : ''}): choose another folder, or say --force`,
      );
    }
    const pool = createParserPool({
      processes,
      limits: {
        timeoutMs: numberOption(stringOption(input, 'timeout'), 'timeout', 20) * 1000,
        memoryMb: numberOption(stringOption(input, 'memory'), 'memory', 500),
      },
    });
    let done = 0;
    const parse = async (file: string, index: number): Promise<Parsed> => {
      const started = performance.now();
      const path = resolve(cwd, file);
      let result: Parsed;
      try {
        if (statSync(path).isDirectory())
          throw new FieldkitError('FILE_TYPE_UNKNOWN', `${file} is a folder; name its files, for example ${file}/*`);
        const document = await pool.parse(
          { path, uri: basename(file), tenant: DEFAULT_TENANT, groups: [] },
          { signal },
        );
        const output = join(folder, `${names[index]}.md`);
        writeFileSync(`${output}.part`, documentToMarkdown(document));
        renameSync(`${output}.part`, output);
        result = {
          file,
          output,
          ok: true,
          ...facts(document),
          findings: document.findings,
          durationMs: Math.round(performance.now() - started),
        };
      } catch (error) {
        signal.throwIfAborted();
        const known = toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${file}`);
        if (known.code === 'DISK_FULL') throw known;
        const { code, message } = errorRecord(known);
        const finding: Finding = {
          severity: 'error',
          code: code.toLowerCase().replaceAll('_', '-'),
          message,
          where: file,
        };
        result = { file, ok: false, findings: [finding], durationMs: Math.round(performance.now() - started) };
      }
      done += 1;
      terminal.notice(parsedLine(result, done, input.positionals.length));
      return result;
    };
    try {
      const results = await mapConcurrent(input.positionals, processes, parse, { signal });
      const failed = results.filter(({ ok }) => !ok).length;
      if (flag(input, 'json')) terminal.json(results);
      terminal.line(
        `\n${counted(results.length - failed, 'file')} written to ${folder}${failed === 0 ? '' : `, ${failed} not readable (see above)`}`,
      );
      terminal.line(`Next: look at the Markdown, or make a project: ${self} init DIR`);
      return failed === 0 ? 0 : failed === results.length ? 1 : 3;
    } finally {
      await pool.close();
    }
  },
};

function numberOption(text: string | undefined, name: string, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0)) throw new FieldkitError('INVALID_OPTION', `--${name} must be a number above 0, not "${text}"`);
  return value;
}

/** Names without extension; where two files share one, the extension stays, then a number is added. */
function outputNames(files: readonly string[]): string[] {
  const plain = files.map((file) => basename(file, extname(file)));
  const taken = new Set<string>();
  return files.map((file, index) => {
    const name =
      plain.filter((other) => other === plain[index]).length > 1 ? basename(file) : (plain[index] ?? basename(file));
    let unique = name;
    for (let number = 2; taken.has(unique); number += 1) unique = `${name}-${number}`;
    taken.add(unique);
    return unique;
  });
}

function facts({ mediaType, title, language, pageCount, blocks, text }: Document) {
  const counts: Record<string, number> = {};
  for (const { kind } of blocks) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    mediaType,
    title,
    language,
    ...(pageCount === undefined ? {} : { pages: pageCount }),
    blocks: counts,
    characters: text.length,
  };
}

function parsedLine(
  { file, ok, pages, blocks = {}, findings, durationMs }: Parsed,
  done: number,
  total: number,
): string {
  const counts = Object.entries(blocks).map(([kind, count]) =>
    counted(count, kind, kind === 'code' ? kind : `${kind}s`),
  );
  const found = ok ? `${pages === undefined ? '' : `${counted(pages, 'page')}, `}${counts.join(', ')}` : 'not readable';
  const telling = findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, message }) => `\n        ${code}: ${message}`);
  return `  [${String(done).padStart(String(total).length)}/${total}] ${ok ? 'ok  ' : 'FAIL'} ${file} (${found}, ${durationMs} ms)${telling.join('')}`;
}
