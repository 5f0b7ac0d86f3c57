import type { Document } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { findDuplicates } from '../duplicates/find-duplicates.ts';
import { readDocument } from '../read-document.ts';
import { type AdviceOptions, adviseOn } from './advise.ts';
import { type CandidateResult, measureSegmentation } from './segmentation-advice.ts';
import { holm, signTest } from './sign-test.ts';
import { structureProfile } from './structure-profile.ts';

const read = (uri: string, text: string, extra: Partial<Document> = {}): Promise<Document> =>
  readDocument(new TextEncoder().encode(text), { uri, tenant: 'default' }).then((document) => ({
    ...document,
    ...extra,
  }));
const segmentation = { strategy: 'structure', maxTokens: 400 };

async function advice(documents: readonly Document[], options: AdviceOptions = {}) {
  return adviseOn({ documents, duplicates: findDuplicates(documents), segmentation }, options);
}
async function codesOf(documents: readonly Document[], options: AdviceOptions = {}) {
  return (await advice(documents, options)).suggestions.map(({ code }) => code);
}
const section = (title: string, sentences: number) =>
  `# ${title}\n\n${Array.from({ length: sentences }, (_, index) => `The ${title} valve ${index} is opened by hand before the pump starts.`).join(' ')}`;

describe('structureProfile', () => {
  it('counts sections, tables, clauses and questions', async () => {
    const text =
      '# One\n\n## Part\n\nShort.\n\n# Two\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n第一条 范围\n\n第二条 期限\n\nQ: Why?\n\nA: Because.';
    const profile = structureProfile(await read('a.md', text));
    expect(profile).toMatchObject({ headings: 3, tables: 1, clauses: 2, questionPairs: 1 });
    expect(profile.sections).toHaveLength(2);
  });
});

describe('segmentation from structure', () => {
  it('keeps a size into which four fifths of the sections fit, and names a larger one where they do not', async () => {
    const small = await read('small.md', ['A', 'B', 'C', 'D'].map((title) => section(title, 3)).join('\n\n'));
    const large = await read('large.md', ['A', 'B', 'C', 'D'].map((title) => section(title, 40)).join('\n\n'));
    const size = async (document: Document) =>
      (await advice([document])).suggestions.find(({ code }) => code === 'chunk-size')?.setting?.value;
    expect(await size(small)).toBe(400);
    expect(await size(large)).toBe(600);
  });

  it('says what the size is the limit of, and how long the chunks become', async () => {
    const document = await read('small.md', ['A', 'B', 'C', 'D'].map((title) => section(title, 3)).join('\n\n'));
    const found = (await advice([document])).suggestions.find(({ code }) => code === 'chunk-size');
    const mean = found?.measured.find(({ name }) => name === 'mean chunk of at most 400')?.value;
    expect(mean).toBeGreaterThan(20);
    expect(mean).toBeLessThan(240);
    expect(found?.reason).toContain(`400 is the most that a chunk holds`);
    expect(found?.reason).toContain(`${mean} on average`);
  });

  it('counts one thing as one', async () => {
    const document = await read('small.md', section('A', 3));
    const { suggestions } = await advice([document]);
    const said = suggestions.map(({ advice: text, reason }) => `${text} ${reason}`).join('\n');
    expect(said).toContain('1 document, 1 chunk');
    expect(said).not.toMatch(/\b1 (?:documents|sections|chunks|questions)\b/);
  });

  it('names documents of questions and answers, and of clauses, in the language asked for', async () => {
    const faq = await read(
      'faq.txt',
      Array.from({ length: 6 }, (_, index) => `问：第${index}号阀门怎么开？\n\n答：用手轮开启，先开${index}号。`).join(
        '\n\n',
      ),
    );
    const rules = await read(
      'rules.txt',
      Array.from(
        { length: 12 },
        (_, index) => `第${'一二三四五六七八九十'[index % 10]}条 操作人员应当遵守第${index}号规程。`,
      ).join('\n\n'),
    );
    const { suggestions } = await advice([faq, rules], { language: 'zh' });
    expect(suggestions.find(({ code }) => code === 'question-answer-documents')?.documents).toEqual(['faq.txt']);
    expect(suggestions.find(({ code }) => code === 'clause-documents')?.documents).toEqual(['rules.txt']);
    expect(suggestions.every(({ advice: text }) => /\p{Script=Han}/u.test(text))).toBe(true);
  });
});

describe('segmentation from retrieval', () => {
  const result = (recall: readonly number[]): CandidateResult => ({ recall, chunks: 10, contextTokens: 2000 });
  const base = Array.from({ length: 40 }, (_, index) => (index < 20 ? 1 : 0));

  it('changes only what was shown to be better', async () => {
    const documents = [await read('a.md', section('A', 3))];
    const measure = (better: number): AdviceOptions => ({
      measure: async ({ maxTokens }) =>
        result(maxTokens === 200 ? base.map((value, at) => (at >= 20 && at < 20 + better ? 1 : value)) : base),
    });
    const few = await advice(documents, measure(4));
    const many = await advice(documents, measure(18));
    const setting = ({ suggestions }: Awaited<ReturnType<typeof advice>>) =>
      suggestions.find(({ code }) => code === 'measured-segmentation')?.setting?.value;
    expect(setting(few)).toBeUndefined();
    expect(setting(many)).toBe(200);
    expect(many.candidates[0]).toMatchObject({
      strategy: 'structure',
      maxTokens: 400,
      questions: 40,
      recall: 0.5,
      better: 0,
    });
    expect(many.suggestions.map(({ code }) => code)).not.toContain('write-questions');
  });

  it('asks for questions when there are none', async () => {
    const documents = [await read('a.md', section('A', 3))];
    expect(await codesOf(documents)).toContain('write-questions');
    expect(await codesOf(documents, { measure: async () => undefined })).toContain('write-questions');
  });

  it('refuses to compare candidates that were asked different questions', async () => {
    const candidates = [segmentation, { ...segmentation, maxTokens: 200 }];
    await expect(
      measureSegmentation(candidates, async ({ maxTokens }) => result(base.slice(0, maxTokens / 10))),
    ).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('computes the exact sign test and its correction', () => {
    expect([signTest(0, 0), signTest(5, 5), signTest(0, 5), signTest(9, 1)]).toEqual([
      1,
      1,
      expect.closeTo(2 / 32, 10),
      expect.closeTo(22 / 1024, 10),
    ]);
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  });
});

describe('source, metadata and index', () => {
  it('gathers findings by kind with their documents, warnings first', async () => {
    const finding = (page: number) => ({
      severity: 'error' as const,
      code: 'needs-ocr',
      message: `page ${page}`,
      where: `x page ${page}`,
      suggestion: 'Switch OCR on.',
    });
    const documents = [
      await read('a.txt', 'One text.', { findings: [finding(1), finding(2)] }),
      await read('b.txt', 'Other words.', { findings: [finding(1)] }),
    ];
    const [first] = (await advice(documents)).suggestions;
    expect(first).toMatchObject({
      area: 'source',
      code: 'needs-ocr',
      severity: 'warning',
      documents: ['a.txt', 'b.txt'],
      measured: [{ value: 3 }],
    });
  });

  it('warns of documents that call themselves restricted and are open to all', async () => {
    const documents = await Promise.all([
      read('open.txt', 'Price list\n\nCONFIDENTIAL, for dealers only\n\nPump 40.'),
      read('closed.txt', '薪酬口径\n\n密级：机密\n\n内容。', { groups: ['hr'] }),
      read('internal.txt', '信息安全规定\n\n密级：内部\n\n内容。'),
    ]);
    const found = (await advice(documents)).suggestions.find(({ code }) => code === 'restricted-but-open');
    expect(found?.documents).toEqual(['open.txt']);
  });

  it('advises metadata that documents state and do not carry yet', async () => {
    const text = (index: number) =>
      `Rules GR-${index}\n\nRevision ${index} · 9 June 2025\n\nValve ${index} stays shut.`;
    const plain = await Promise.all([1, 2, 3].map((index) => read(`r${index}.txt`, text(index), { metadata: {} })));
    expect(await codesOf(plain)).toEqual(
      expect.arrayContaining(['extract-effective', 'extract-version', 'extract-number']),
    );
    const carried = plain.map((document) => ({
      ...document,
      metadata: { ...document.metadata, effective: '2025-06-09', version: '1', documentNumber: 'GR' },
    }));
    expect((await codesOf(carried)).filter((code) => code.startsWith('extract'))).toEqual([]);
  });

  it('counts chunks and vectors, and tells traditional script', async () => {
    const { suggestions } = await advice([
      await read('a.txt', '這個電梯在開關門時會發出聲音，說明書對應當檢查的點學習過。'.repeat(5)),
    ]);
    const index = suggestions.find(({ code }) => code === 'exact-search');
    expect(index?.measured[0]).toMatchObject({ name: 'chunks' });
    expect(suggestions.map(({ code }) => code)).toContain('han-bigrams');
    expect(await codesOf([await read('b.txt', '这个电梯在开关门时会发出声音。')])).not.toContain('han-bigrams');
  });

  it('has nothing to say of nothing but that questions are missing', async () => {
    expect(await codesOf([])).toEqual(['write-questions']);
  });
});
