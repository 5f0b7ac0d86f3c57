import type { Block, Metadata } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { extractFields } from './declared-fields.ts';
import { extractMetadata } from './extract-metadata.ts';
import { findTitle } from './title.ts';

const heading = (text: string, level = 1): Block => ({ kind: 'heading', level, text });
const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
const about = (title: string, blocks: Block[], metadata: Metadata = {}, uri = 'knowledge/a.pdf') => {
  const { metadataEvidence, ...found } = extractMetadata({ title, uri, blocks, metadata });
  return { found, evidence: Array.isArray(metadataEvidence) ? metadataEvidence : [] };
};

describe('extractMetadata', () => {
  it('reads the particulars of a Chinese regulation, each with its words', () => {
    const { found, evidence } = about('印章管理办法', [
      heading('印章管理办法'),
      paragraph('海岭办〔2025〕17号　2025年2月20日印发'),
      heading('第一章 总则'),
      ...['一', '二', '三'].map((number) => paragraph(`第${number}条 印章由专人保管。`)),
      heading('第二章 附则'),
      paragraph('第四条 本办法自2025年3月1日起施行，海岭办〔2019〕3号文同时废止。'),
    ]);
    expect(found).toEqual({
      issued: '2025-02-20',
      effective: '2025-03-01',
      documentNumber: '海岭办〔2025〕17号',
      documentType: 'policy',
      clauseNumbering: ['第一章', '第一条'],
    });
    expect(evidence).toContainEqual(expect.stringMatching(/^effective: 第四条 本办法自2025年3月1日起施行/));
  });

  it('reads the particulars of an English contract from a table on its first page', () => {
    const rows = [
      ['Agreement no.', 'MSA-0417'],
      ['Effective date', '1 May 2024'],
      ['Expiry date', '30 April 2027'],
      ['Version', '2.3'],
      ['Prepared by', 'Legal Affairs'],
    ].map((row) => row.map((text) => ({ text })));
    const table: Block = {
      kind: 'table',
      text: rows.map((row) => row.map(({ text }) => text).join(' | ')).join('\n'),
      table: { rows, headerRows: 0 },
    };
    expect(about('Master Services Agreement', [heading('Master Services Agreement'), table]).found).toMatchObject({
      author: 'Legal Affairs',
      effective: '2024-05-01',
      expires: '2027-04-30',
      version: '2.3',
      documentType: 'contract',
    });
  });

  it('takes issue date and author of a notice from its signature', () => {
    const { found } = about('关于停电检修的通知', [
      paragraph('各部门：'),
      paragraph('自2026年8月3日起，东区停电两天，请提前保存数据。'),
      paragraph('后勤保障部\n2026年7月28日'),
    ]);
    expect(found).toEqual({ author: '后勤保障部', issued: '2026-07-28', documentType: 'notice' });
  });

  it('does not take the dates and numbers of other documents and things for its own', () => {
    const { found } = about('Pump Care', [
      heading('Pump Care'),
      paragraph('replaces edition 4 of 3 May 2019'),
      paragraph('For serial numbers from AB-22-0001. The seal was tested on 4 June 2020. Orders close on 9 July 2021.'),
    ]);
    expect(found).toEqual({});
  });

  it('knows how long a trial holds, and an edition with its date', () => {
    expect(about('试行办法', [paragraph('试行期自2026年3月16日起至2027年3月15日止')]).found).toMatchObject({
      effective: '2026-03-16',
      expires: '2027-03-15',
    });
    expect(about('Checklist', [paragraph('for pumps · edition 5 of 16 February 2026')]).found).toMatchObject({
      issued: '2026-02-16',
      version: 'edition 5',
    });
  });

  it('keeps what the file says itself, but not an author who is nobody', () => {
    const { found } = about('Travel Policy', [paragraph('Version: 3'), paragraph('Author: Ada Lund')], {
      author: 'Administrator',
      version: '2',
    });
    expect(found).toMatchObject({ author: 'Ada Lund', version: '2' });
  });
});

describe('findTitle', () => {
  it('never calls a document by its first section', () => {
    const blocks = [
      paragraph('固定资产处置规定'),
      heading('第一章 总则'),
      paragraph('第一条 为规范处置，制定本规定。'),
    ];
    expect(findTitle(undefined, blocks, 'a/export-7.docx').title).toBe('固定资产处置规定');
    expect(findTitle('Document1', [heading('1 Scope'), paragraph('All sites.')], 'a/site-rules.pdf').title).toBe(
      'site-rules',
    );
    expect(findTitle(undefined, [heading('总则'), heading('基本要求')], 'a/用车规定.docx').title).toBe('用车规定');
  });

  it('prefers the file’s own title, then a heading, then a line that says it is the subject', () => {
    expect(findTitle('Warranty 2026', [heading('Warranty periods')], 'w.docx').title).toBe('Warranty 2026');
    expect(findTitle('draft.docx', [heading('Warranty terms')], 'w.docx').title).toBe('Warranty terms');
    expect(findTitle('', [paragraph('Acme Ltd.\nSubject: New oil'), heading('1. Why')], 'm.txt').title).toBe('New oil');
  });

  it('keeps a file name that says the title and more', () => {
    const blocks = [paragraph('北方分公司\n关于年会的通知'), paragraph('各部门：')];
    expect(findTitle(undefined, blocks, 'a/关于年会的通知（二车间）.txt').title).toBe('关于年会的通知（二车间）');
    expect(findTitle(undefined, blocks, 'a/scan0012.txt').title).toBe('关于年会的通知');
  });
});

describe('extractFields', () => {
  it('fills declared fields by their labels and type, with the line', () => {
    const document = {
      title: 'T',
      metadata: {},
      blocks: [
        paragraph('密级：内部　审核日期：2026年1月5日'),
        paragraph('Budget: EUR 12,500.50 a year'),
        paragraph('Level: odd'),
      ],
    };
    const fields = extractFields(document, [
      { name: 'secrecy', labels: ['Confidentiality', '密级'], values: ['公开', '内部'] },
      { name: 'reviewed', labels: ['审核日期'], type: 'date' },
      { name: 'budget', labels: ['budget'], type: 'number' },
      { name: 'level', labels: ['level'], values: ['low', 'high'] },
    ]);
    expect(fields).toEqual({
      secrecy: { value: '内部', quote: '密级：内部　审核日期：2026年1月5日' },
      reviewed: { value: '2026-01-05', quote: '密级：内部　审核日期：2026年1月5日' },
      budget: { value: 12500.5, quote: 'Budget: EUR 12,500.50 a year' },
    });
    expect(() => extractFields(document, [{ name: 'x y', labels: ['a'] }])).toThrow(/needs a name/);
  });
});
