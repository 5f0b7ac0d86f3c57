import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childIds } from '../__fixtures__/child-ids.ts';
import { makePdf, paragraph } from '../__fixtures__/make-pdf.ts';
import { createParserPool } from './parser-pool.ts';

let folder = '';
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return { path, uri: name, tenant: 't', groups: [] };
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fieldkit-pool-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('createParserPool', () => {
  it('parses files at the same time and passes typed errors through', async () => {
    const pool = createParserPool({ processes: 2 });
    const results = await Promise.allSettled([
      pool.parse(file('a.pdf', makePdf([paragraph(['Text of a page.'], 50, 100)]))),
      pool.parse(file('b.txt', 'Words.')),
      pool.parse(file('c.pdf', '')),
      pool.parse({ path: join(folder, 'none'), uri: 'none', tenant: 't', groups: [] }),
    ]);
    await pool.close();
    await pool.close();
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.text : result.reason.code))).toEqual([
      'Text of a page.',
      'Words.',
      'FILE_EMPTY',
      'FILE_NOT_FOUND',
    ]);
  });

  /** One page of operators that draw nothing: parsing it takes seconds and some hundred megabytes. */
  const manyOperators = () => {
    const operators = deflateSync(Buffer.alloc(120_000_000, 'q Q '));
    const head = `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n4 0 obj<</Filter/FlateDecode/Length ${operators.length}>>stream\n`;
    const tail = '\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF';
    return Buffer.concat([Buffer.from(head), operators, Buffer.from(tail)]);
  };

  // Which of the two limits is reached first depends on the machine: each test puts the other one out of reach.
  it.each([
    ['takes too long', { timeoutMs: 1_000, memoryMb: 8_000 }, 'PARSE_TIMED_OUT'],
    ['needs too much memory', { timeoutMs: 600_000, memoryMb: 200 }, 'PARSE_OUT_OF_MEMORY'],
  ])('ends a file that %s and goes on with the next', async (_, limits, code) => {
    const pool = createParserPool({ processes: 1, limits });
    await expect(pool.parse(file('slow.pdf', manyOperators()))).rejects.toMatchObject({ code });
    await expect(pool.parse(file('d.txt', 'Next.'))).resolves.toMatchObject({ text: 'Next.' });
    await pool.close();
  });

  it.runIf(process.platform === 'linux')(
    'says that a file needs too much memory only when a new process says so, too',
    async () => {
      const pool = createParserPool({ processes: 1, limits: { timeoutMs: 600_000, memoryMb: 200 } });
      const before = childIds();
      const started = new Set<number>();
      const note = () => {
        for (const id of childIds()) if (!before.includes(id)) started.add(id);
      };
      const watch = setInterval(note, 20);
      await pool.parse(file('f.txt', 'First.'));
      await expect(pool.parse(file('large.pdf', manyOperators()))).rejects.toMatchObject({
        code: 'PARSE_OUT_OF_MEMORY',
      });
      clearInterval(watch);
      await pool.close();
      expect(started.size).toBe(2);
    },
  );

  it('is cancelled by its signal', async () => {
    const pool = createParserPool({ processes: 1 });
    const controller = new AbortController();
    controller.abort();
    await expect(pool.parse(file('e.txt', 'x'), { signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await pool.close();
  });
});
