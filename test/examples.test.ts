import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findQuote } from '@fieldkit/core';
import { openDocumentStore, projectPaths } from '@fieldkit/project';
import { describe, expect, it } from 'vitest';
import { runFieldkit, temporaryFolder } from './run-fieldkit.ts';

interface DemoAnswer {
  readonly question: string;
  readonly answer: string;
  readonly status: string;
  readonly citations: readonly {
    marker: number;
    quote: string;
    documentId?: string;
    title: string;
    page?: number;
    headings?: string[];
    tool?: string;
    start: number;
    end: number;
  }[];
  readonly tools: readonly { name: string }[];
  readonly usage: { calls: number };
  readonly durationMs: number;
}

/** The demo of an example, copied out of the clone as a consultant would. */
async function demo(name: string): Promise<{ root: string; answers: DemoAnswer[] }> {
  const root = join(temporaryFolder(), name);
  cpSync(fileURLToPath(new URL(`../examples/${name}`, import.meta.url)), root, {
    recursive: true,
    filter: (path) => !/[\\/](\.fieldkit|node_modules)$/.test(path),
  });
  const { code, stdout, stderr } = await runFieldkit(['demo', '--project', root, '--json']);
  expect(stderr).toContain('knowledge/');
  expect(code).toBe(0);
  return { root, answers: JSON.parse(stdout) };
}

describe.each(['equipment-desk', 'policy-desk-zh'])('the demo of %s', (name) => {
  it('answers eight questions with quotes that stand in the documents, and says when they do not answer', async () => {
    const { root, answers } = await demo(name);
    expect(answers.length).toBeGreaterThanOrEqual(8);
    const store = openDocumentStore(projectPaths(root).documents);
    try {
      for (const { answer, status, citations } of answers) {
        expect(status).toMatch(/^(answered|insufficient)$/);
        if (status === 'answered') expect(citations.length).toBeGreaterThan(0);
        for (const { marker, quote, documentId, start, end, title } of citations) {
          expect(answer).toContain(`[${marker}]`);
          expect(title).not.toBe('');
          if (documentId === undefined) continue; // a record
          const text = store.get(documentId)?.text ?? '';
          expect(findQuote(text.slice(start, end), quote), `${quote} in ${documentId}`).toBeDefined();
        }
      }
      expect(answers.some(({ tools }) => tools.some((tool) => tool.name === 'lookup_record'))).toBe(true);
      expect(answers.at(-1)?.status).toBe('insufficient');
      // none of the groups' documents for a caller in no group
      const closed = new Set(store.list().flatMap(({ id, groups }) => (groups.length > 0 ? [id] : [])));
      expect(closed.size).toBeGreaterThan(0);
      expect(
        answers.flatMap(({ citations }) => citations).filter(({ documentId = '' }) => closed.has(documentId)),
      ).toEqual([]);
    } finally {
      store.close();
    }
  });
});
