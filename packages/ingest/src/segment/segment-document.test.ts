import {
  type Block,
  blockSpans,
  type Document,
  estimateTokens,
  joinBlocks,
  type Table,
  tableText,
} from '@fieldkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentDocument, segmenterStamp } from './segment-document.ts';
import { strategies } from './strategies.ts';

function documentOf(blocks: Block[]): Document {
  const text = joinBlocks(blocks);
  return {
    id: 'd',
    uri: 'a.md',
    contentHash: 'h',
    mediaType: 'text/markdown',
    title: 'Manual',
    language: 'en',
    text,
    blocks,
    places: [],
    metadata: {},
    tenant: 't',
    groups: [],
    findings: [],
  };
}

const heading = (level: number, text: string): Block => ({ kind: 'heading', level, text });
const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
const tableOf = (rows: string[][]): Block => {
  const table: Table = { rows: rows.map((row) => row.map((text) => ({ text }))), headerRows: 1 };
  return { kind: 'table', text: tableText(table), table };
};

const word = fc.oneof(
  fc.constantFrom('pump', 'oil.', '质量管理', '😀', 'a|b', '第一条', 'Why?', '1.1'),
  fc.string({ minLength: 1, maxLength: 12 }).map((text) => text.replace(/\s/g, 'x')),
);
const textArbitrary = fc.array(word, { minLength: 1, maxLength: 60 }).map((words) => words.join(' '));
const blockArbitrary: fc.Arbitrary<Block> = fc.oneof(
  textArbitrary.map(paragraph),
  fc.tuple(fc.integer({ min: 1, max: 3 }), word).map(([level, text]) => heading(level, text)),
  fc.array(fc.array(word, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 12 }).map(tableOf),
);

describe('segmentDocument', () => {
  for (const { name: strategy } of strategies) {
    it(`loses nothing and keeps its promises about offsets and size: ${strategy}`, () => {
      fc.assert(
        fc.property(
          fc.array(blockArbitrary, { minLength: 1, maxLength: 8 }),
          fc.integer({ min: 16, max: 120 }),
          (blocks, maxTokens) => {
            const document = documentOf(blocks);
            const chunks = segmentDocument(document, { strategy, maxTokens });
            let at = 0;
            for (const chunk of chunks) {
              expect(chunk.text).toBe(document.text.slice(chunk.start, chunk.end));
              expect(chunk.start).toBeGreaterThanOrEqual(at);
              expect(document.text.slice(at, chunk.start).trim()).toBe('');
              expect(estimateTokens(chunk.text)).toBeLessThanOrEqual(maxTokens);
              expect(chunk.text.isWellFormed()).toBe(document.text.isWellFormed() || chunk.text.isWellFormed());
              at = chunk.end;
            }
            expect(document.text.slice(at).trim()).toBe('');
            expect(new Set(chunks.map(({ id }) => id)).size).toBe(chunks.length);
          },
        ),
        { numRuns: 60, seed: 11 },
      );
    });
  }

  it('says heading path and header row again for rows that stand alone', () => {
    const rows = Array.from({ length: 40 }, (_, index) => [`P-${index}`, `${index} bar`, 'a note of some length']);
    const document = documentOf([heading(1, 'Limits'), tableOf([['Part', 'Pressure', 'Note'], ...rows])]);
    const chunks = segmentDocument(document, { maxTokens: 60 });
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.at(-1)).toMatchObject({ context: 'Manual › Limits\nPart | Pressure | Note', headings: ['Limits'] });
    for (const { text } of chunks.slice(1))
      for (const line of text.split('\n')) expect(line).toMatch(/^P-\d+ \| \d+ bar/);
  });

  it('never ends a chunk with a heading', () => {
    const blocks = Array.from({ length: 12 }, (_, index) => [
      heading(2, `Part ${index}`),
      paragraph('Some words. '.repeat(9).trim()),
    ]).flat();
    const document = documentOf(blocks);
    const ends = new Set(
      blockSpans(blocks)
        .filter(({ block }) => block.kind === 'heading')
        .map(({ end }) => end),
    );
    for (const { end } of segmentDocument(document, { maxTokens: 70 })) expect(ends.has(end)).toBe(false);
  });

  it('cuts clause by clause', () => {
    const document = documentOf([
      heading(1, '第一章 总则'),
      paragraph('第一条 为规范采购，制定本办法。'),
      paragraph('第二条 本办法适用于公司。'),
      paragraph('（补充说明）'),
    ]);
    expect(segmentDocument(document, { strategy: 'clause' }).map(({ text }) => text)).toEqual([
      '第一章 总则\n\n第一条 为规范采购，制定本办法。',
      '第二条 本办法适用于公司。\n\n（补充说明）',
    ]);
  });

  it('keeps a question with its answer', () => {
    const document = documentOf([
      paragraph('How long is the warranty?'),
      paragraph('Two years.'),
      paragraph('Who repairs it?'),
      paragraph('We do.'),
    ]);
    expect(segmentDocument(document, { strategy: 'qa' }).map(({ text }) => text)).toEqual([
      'How long is the warranty?\n\nTwo years.',
      'Who repairs it?\n\nWe do.',
    ]);
  });

  it('changes its stamp with what changes the chunks, and refuses nonsense', () => {
    expect(segmenterStamp({ maxTokens: 300 })).not.toBe(segmenterStamp({ maxTokens: 400 }));
    expect(() => segmentDocument(documentOf([]), { strategy: 'magic' })).toThrow(/unknown segmentation strategy/);
    expect(() => segmentDocument(documentOf([]), { maxTokens: 0 })).toThrow(/maxTokens/);
  });
});

describe('structure strategy', () => {
  const sentence = (subject: string) => (_: unknown, index: number) =>
    `The ${subject} of unit ${index} is looked at with the ${subject} tool before the ${subject} is closed.`;
  const topics = ['valve', 'ladder', 'invoice'].map((subject) => Array.from({ length: 6 }, sentence(subject)));

  it('cuts one long paragraph where its words change', () => {
    const chunks = segmentDocument(documentOf([paragraph(topics.flat().join(' '))]), { maxTokens: 190 });
    expect(chunks.map(({ text }) => text)).toEqual(topics.map((own) => own.join(' ')));
  });

  it('keeps sizes near each other instead of leaving a rest', () => {
    const chunks = segmentDocument(documentOf([paragraph(topics.flat().join(' '))]), { maxTokens: 130 });
    const sizes = chunks.map(({ tokens }) => tokens);
    expect(Math.min(...sizes)).toBeGreaterThan(Math.max(...sizes) / 2);
  });
});
