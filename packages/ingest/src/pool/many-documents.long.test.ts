import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { childIds } from '../__fixtures__/child-ids.ts';
import { makeDocx, paragraphXml } from '../__fixtures__/make-docx.ts';
import { makePdf, paragraph } from '../__fixtures__/make-pdf.ts';
import { residentBytes } from './memory-watch.ts';
import { createParserPool } from './parser-pool.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fieldkit-many-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.runIf(process.platform === 'linux')('reads 1,000 documents in one run with flat memory', async () => {
  const lines = (number: number) =>
    Array.from({ length: 40 }, (_, index) => `Line ${index} of document ${number} with some words to read.`);
  const pool = createParserPool({ processes: 2 });
  const peaks: number[] = [];
  const read = async (number: number) => {
    const name = `${number}.${number % 3 === 0 ? 'docx' : 'pdf'}`;
    const path = join(folder, name);
    const pages = Array.from({ length: 5 }, () => paragraph(lines(number), 50, 80));
    writeFileSync(
      path,
      number % 3 === 0
        ? makeDocx(
            lines(number)
              .map((line) => paragraphXml(line))
              .join(''),
          )
        : makePdf(pages),
    );
    const { text } = await pool.parse({ path, uri: name, tenant: 't', groups: [] });
    expect(text).toContain(`document ${number} `);
    rmSync(path);
  };
  for (let hundred = 0; hundred < 10; hundred += 1) {
    let peak = 0;
    for (let at = 0; at < 100; at += 2) {
      await Promise.all([read(hundred * 100 + at), read(hundred * 100 + at + 1)]);
      if (at % 10 === 0) {
        const all = [process.pid, ...childIds()].map((pid) => residentBytes(pid) ?? 0);
        peak = Math.max(
          peak,
          all.reduce((sum, bytes) => sum + bytes, 0),
        );
      }
    }
    peaks.push(Math.round(peak / 1e6));
  }
  await pool.close();
  // The first hundreds fill the heaps; after that nothing may pile up.
  const settled = Math.max(...peaks.slice(2, 5));
  expect(Math.max(...peaks.slice(7)), `MB by hundred: ${peaks.join(' ')}`).toBeLessThan(settled * 1.15);
  console.log(`resident MB of all processes, by hundred documents: ${peaks.join(' ')}`);
});
