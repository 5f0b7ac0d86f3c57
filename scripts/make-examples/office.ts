/** LibreOffice and poppler, called with a profile of their own, and the fixing of times and ids in what they write. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readZip, writeZip } from './zip.ts';

export interface Office {
  /** A folder for working files, removed by `close`. */
  readonly folder: string;
  /** Converts `.fodt` files, given by path; returns the written paths in the same order. */
  convert(files: readonly string[], to: 'pdf' | 'docx'): string[];
  /** The pages of a PDF as grey PGM pictures. */
  pages(pdf: string, dotsPerInch: number): Buffer[];
  close(): void;
}

/** Throws when soffice or pdftoppm is missing. */
export function openOffice(): Office {
  for (const command of ['soffice', 'pdftoppm']) {
    try {
      execFileSync('which', [command], { stdio: 'ignore' });
    } catch {
      throw new Error(
        `${command} is not installed; on Debian: apt-get install -y --no-install-recommends libreoffice-writer poppler-utils fonts-noto-cjk fonts-liberation`,
      );
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'make-examples-'));
  const profile = `-env:UserInstallation=file://${join(folder, 'profile')}`;
  return {
    folder,
    convert(files, to) {
      if (files.length === 0) return [];
      const filter = to === 'pdf' ? 'pdf:writer_pdf_Export' : 'docx:MS Word 2007 XML';
      const out = join(folder, to);
      const arguments_ = [profile, '--headless', '--norestore', '--convert-to', filter, '--outdir', out, ...files];
      execFileSync('soffice', arguments_, { stdio: 'pipe', timeout: 300_000 });
      const written = files.map((file) => join(out, basename(file).replace(/\.fodt$/, `.${to}`)));
      const present = new Set(readdirSync(out));
      const missing = written.filter((file) => !present.has(basename(file)));
      if (missing.length > 0)
        throw new Error(`LibreOffice did not write ${missing.map((m) => basename(m)).join(', ')}`);
      return written;
    },
    pages(pdf, dotsPerInch) {
      const prefix = `${pdf}-page`;
      execFileSync('pdftoppm', ['-gray', '-r', String(dotsPerInch), pdf, prefix], { stdio: 'pipe', timeout: 60_000 });
      const names = readdirSync(join(pdf, '..')).filter((name) => name.startsWith(`${basename(pdf)}-page-`));
      return names.sort().map((name) => readFileSync(join(pdf, '..', name)));
    },
    close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The PDF with its dates and ids replaced, length for length, so that offsets stay right. */
export function fixPdf(bytes: Buffer, date: string): Buffer {
  const stamp = `${date.replaceAll('-', '')}090000`;
  let text = bytes.toString('latin1');
  text = text.replace(/\((D:)\d{14}/g, `($1${stamp}`);
  text = text.replace(/<xmp:(CreateDate|ModifyDate)>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, `<xmp:$1>${date}T09:00:00`);
  const blank = (match: string): string => match.replace(/(?<=<)[0-9A-F]{32}(?=>)/g, '0'.repeat(32));
  text = text.replace(/\/ID \[ ?<[0-9A-F]{32}>\s*<[0-9A-F]{32}> ?\]/g, blank);
  text = text.replace(/\/DocChecksum \/[0-9A-F]{32}/g, `/DocChecksum /${'0'.repeat(32)}`);
  const hash = createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 32).toUpperCase();
  text = text.replace(/(\/ID \[ ?<)0{32}(>\s*<)0{32}/g, `$1${hash}$2${hash}`);
  return Buffer.from(text, 'latin1');
}

/**
 * The Word file with fixed times and, as Word itself writes them, the number of pages in the properties and the
 * number format of mainland China.
 */
export function fixDocx(bytes: Buffer, date: string, pages: number): Buffer {
  const fixes: Readonly<Record<string, (text: string) => string>> = {
    'docProps/core.xml': (text) => text.replace(/(<dcterms:(?:created|modified)[^>]*>)[^<]*/g, `$1${date}T09:00:00Z`),
    'docProps/app.xml': (text) => text.replace('<TotalTime>', `<Pages>${pages}</Pages><TotalTime>`),
    'word/numbering.xml': (text) => text.replaceAll('taiwaneseCountingThousand', 'chineseCountingThousand'),
  };
  const entries = readZip(bytes).map(({ name, data }) => {
    const fix = fixes[name];
    return fix === undefined ? { name, data } : { name, data: Buffer.from(fix(data.toString('utf8')), 'utf8') };
  });
  return writeZip(entries);
}

/** Pages of a PDF written by LibreOffice, whose page objects are never compressed. */
export function countPages(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 0;
}
