import type { Document } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../read-document.ts';
import { findDuplicates } from './find-duplicates.ts';

const BODY = [
  'Every visitor signs the book at the north gate and receives a badge for one day.',
  'The badge is worn visibly on the upper body and handed back before leaving the site.',
  'Photographs inside the halls need the written consent of the plant manager.',
  'Deliveries are accepted at dock four between six in the morning and two in the afternoon.',
  'Drivers stay with their vehicle and wear safety shoes and a high-visibility vest.',
  'In case of an alarm everybody walks to the assembly point beside the cooling towers.',
].join('\n\n');
const BODY_ZH = [
  '来访人员须在北门登记，领取当日有效的来访证，并由接待部门派人陪同进入厂区。',
  '来访证应佩戴在上身明显位置，离开厂区之前交还门卫，遗失的由接待人员书面说明。',
  '未经厂长书面同意，不得在车间内拍照、录像或者抄录设备铭牌和工艺参数。',
  '送货车辆每日六时至十四时在四号卸货口卸货，驾驶员不得离开车辆，应穿安全鞋和反光背心。',
].join('\n\n');

const read = (uri: string, text: string, tenant = 'default'): Promise<Document> =>
  readDocument(new TextEncoder().encode(text), { uri, tenant });

/** `older < newer (basis)` by file name. */
async function versionsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const documents = await Promise.all(Object.entries(files).map(([uri, text]) => read(uri, text)));
  const uris = new Map(documents.map(({ id, uri }) => [id, uri]));
  return findDuplicates(documents).versions.map(
    ({ older, newer, basis }) => `${uris.get(older)} < ${newer === undefined ? '?' : uris.get(newer)} (${basis})`,
  );
}

describe('duplicates', () => {
  it('finds the same bytes and the same words, and keeps the first by path', async () => {
    const documents = await Promise.all([
      read('b/gate.txt', `Gate rules\n\n${BODY}`),
      read('a/gate.txt', `Gate rules\n\n${BODY}`),
      read('c/gate.md', `# Gate rules\n\n${BODY.replaceAll('\n\n', '\n\n\n')}`),
    ]);
    const { duplicates, nearDuplicates, findings } = findDuplicates(documents);
    expect(duplicates).toEqual([{ documentIds: [1, 0, 2].map((at) => documents[at]?.id), same: 'text' }]);
    expect(nearDuplicates).toEqual([]);
    expect(findings.map(({ code, where }) => `${code} ${where}`)).toEqual(['duplicate-document b/gate.txt']);
  });

  it('never compares the documents of two tenants', async () => {
    const documents = await Promise.all([
      read('a.txt', BODY, 'one'),
      read('b.txt', BODY, 'two'),
      read('c.txt', `${BODY} More.`, 'two'),
    ]);
    const report = findDuplicates(documents.slice(0, 2));
    expect([report.duplicates, report.nearDuplicates, report.versions]).toEqual([[], [], []]);
    const ids = findDuplicates(documents).nearDuplicates.flatMap(({ documentIds }) => documentIds);
    expect(ids).toEqual([documents[1]?.id, documents[2]?.id]);
  });

  it('says how two near duplicates differ', async () => {
    const documents = await Promise.all([
      read('north.txt', `Rules for the north site\n\n${BODY}`),
      read('south.txt', `Rules for the south site\n\n${BODY.replace('dock four', 'dock nine')}`),
    ]);
    const { nearDuplicates, versions } = findDuplicates(documents);
    expect(versions).toEqual([]);
    expect(nearDuplicates).toHaveLength(1);
    expect(nearDuplicates[0]?.similarity).toBeGreaterThan(0.7);
    expect(nearDuplicates[0]?.differences[1]).toEqual([
      'Rules for the south site',
      'Deliveries are accepted at dock nine between six in the morning and two in the afternoon.',
    ]);
  });

  it('finds a short document that a long one holds', async () => {
    const other = Array.from(
      { length: 60 },
      (_, index) => `Paragraph ${index} speaks of pump ${index * 7} and valve ${index * 13} only.`,
    ).join('\n\n');
    const documents = await Promise.all([read('gate.txt', BODY), read('handbook.txt', `${other}\n\n${BODY}`)]);
    const [pair] = findDuplicates(documents).nearDuplicates;
    expect(pair?.containment).toBeGreaterThan(0.95);
    expect(pair?.similarity).toBeLessThan(0.5);
  });

  it('finds near duplicates in Chinese, full width or not', async () => {
    const documents = await Promise.all([
      read('甲.txt', `来访管理规定\n\n${BODY_ZH}`),
      read('乙.txt', `来访管理规定（东区）\n\n${BODY_ZH.replaceAll('，', ',').replace('北门', '东门')}`),
    ]);
    expect(findDuplicates(documents).nearDuplicates).toHaveLength(1);
  });

  it('gives the same result whatever the order of the documents', async () => {
    const documents = await Promise.all(
      ['v1', 'v2', 'copy', 'other'].map((name) =>
        read(`gate ${name}.txt`, `Gate rules ${name}\n\n${BODY}\n\n${name === 'other' ? 'Unlike.' : ''}`),
      ),
    );
    expect(findDuplicates([...documents].reverse())).toEqual(findDuplicates(documents));
  });
});

describe('versions', () => {
  it.each([
    ['a document number', 'Notice QA-11-04\n\nThis notice supersedes QA-09-02.', 'Notice QA-09-02'],
    [
      'its own earlier revision',
      'Gate rules\n\nGR-7 · Revision C · replaces revision B',
      'Gate rules\n\nGR-7 · Revision B',
    ],
    [
      'a quoted title',
      'Site access\n\nThis policy replaces “Gate rules” of 2019.\n\n3 May 2024',
      'Gate rules\n\n3 May 2019',
    ],
  ])('believes a document that says it replaces %s', async (_, newer, older) => {
    expect(
      await versionsOf({ 'new.txt': `${newer}\n\n${BODY}`, 'old.txt': `${older}\n\nQuite other words here.` }),
    ).toEqual(['old.txt < new.txt (stated)']);
  });

  it('believes a document that says what it is replaced by', async () => {
    const files = {
      'old.txt': 'Notice QA-09-02\n\nSuperseded by QA-11-04 and kept for reference only.\n\nTorque is 40 Nm.',
      'new.txt': `Notice QA-11-04\n\n${BODY}`,
    };
    expect(await versionsOf(files)).toEqual(['old.txt < new.txt (stated)']);
  });

  it('reads who repeals whom in Chinese', async () => {
    const files = {
      '来访管理办法.txt': `来访管理办法\n\n青石厂〔2025〕8号\n\n${BODY_ZH}\n\n本办法自2025年5月1日起施行，青石厂〔2019〕3号《门卫管理规定》同时废止。`,
      '门卫管理规定.txt': '门卫管理规定\n\n青石厂〔2019〕3号\n\n门卫实行三班制，交接班时清点钥匙和登记簿。',
      '消防标准.txt': '消防标准\n\nQS-101\n\n本标准代替QS-77。\n\n灭火器每月检查一次。',
      '旧消防标准.txt': '旧消防标准\n\nQS-77\n\n灭火器每季度检查一次，压力表指针应在绿区。',
      '保卫手册.txt': '保卫手册\n\n第一部分\n\n夜间巡逻每两小时一次，路线见附图。',
      '保卫守则.txt': '保卫守则\n\n夜间巡逻路线应经过油库。《保卫手册》由《保卫守则》代替。',
    };
    expect((await versionsOf(files)).sort()).toEqual([
      '保卫手册.txt < 保卫守则.txt (stated)',
      '旧消防标准.txt < 消防标准.txt (stated)',
      '门卫管理规定.txt < 来访管理办法.txt (stated)',
    ]);
  });

  it('takes a report that something ended for no new version of it', async () => {
    const files = {
      '门卫管理规定.txt': '门卫管理规定\n\n2019年3月1日\n\n门卫实行三班制，交接班时清点钥匙和登记簿。',
      '厂报.txt': '厂报\n\n2025年6月2日\n\n五月新闻\n\n《门卫管理规定》已经废止，有问题请问保卫科。',
    };
    expect(await versionsOf(files)).toEqual(['门卫管理规定.txt < ? (stated)']);
  });

  it('orders versions by their marks, tens after nines, each beside the next', async () => {
    const files = Object.fromEntries(
      ['v1.2', 'v1.10', 'v2.0'].map((mark) => [
        `gate rules ${mark}.txt`,
        `Gate rules\n\nversion ${mark.slice(1)}\n\n${BODY}\n\nMark ${mark}.`,
      ]),
    );
    expect((await versionsOf(files)).sort()).toEqual([
      'gate rules v1.10.txt < gate rules v2.0.txt (version)',
      'gate rules v1.2.txt < gate rules v1.10.txt (version)',
    ]);
  });

  it.each([
    ['来访管理办法（2021版）.txt', '来访管理办法（2024版）.txt'],
    ['来访管理办法（征求意见稿）.txt', '来访管理办法.txt'],
    ['Gate rules Rev A.txt', 'Gate rules Rev D.txt'],
    ['Gate rules (2021).txt', 'Gate rules (2024).txt'],
    ['Gate rules draft.txt', 'Gate rules final.txt'],
  ])('reads %s as older than %s', async (older, newer) => {
    const words = /\p{Script=Han}/u.test(older) ? BODY_ZH : BODY;
    const files = { [newer]: `${words}\n\n${newer}`, [older]: `${words}\n\n${older}` };
    expect(await versionsOf(files)).toEqual([`${older} < ${newer} (version)`]);
  });

  it('orders documents of one name by date when they bear no mark', async () => {
    const files = {
      '2023/gate-rules.txt': `Gate rules\n\nIn force from 1 February 2023\n\n${BODY}`,
      '2024/gate-rules.txt': `Gate rules\n\nIn force from 12 January 2024\n\n${BODY} And more.`,
    };
    expect(await versionsOf(files)).toEqual(['2023/gate-rules.txt < 2024/gate-rules.txt (date)']);
  });

  it('says so when nothing tells the order', async () => {
    const documents = await Promise.all([
      read('a/gate-rules.txt', `Gate rules\n\n${BODY}`),
      read('b/gate-rules.txt', `Gate rules\n\n${BODY} And more.`),
    ]);
    const { versions, unordered, findings } = findDuplicates(documents);
    expect([versions.length, unordered.length]).toEqual([0, 1]);
    expect(findings.map(({ code }) => code)).toEqual(['version-order-unknown']);
  });

  it('is not misled by letterheads, years of a report, parts that replace parts, or text of another matter', async () => {
    const files = {
      'letter-1.txt': 'Quarry Works Ltd.\n\n4 May 2023\n\nYour machine arrives in week thirty by lorry from our works.',
      'letter-2.txt': 'Quarry Works Ltd.\n\n9 May 2024\n\nWe thank you for the invitation to the summer fair.',
      'annual report 2022.txt': 'Annual report 2022\n\nRevenue rose by four per cent and two halls were built.',
      'annual report 2023.txt': 'Annual report 2023\n\nThe foundry was sold; staff fell to ninety.',
      'spring.txt': 'Spring notice SN-1\n\nWe describe the spring that replaces article QA-09-02 in all pumps.',
      'qa.txt': 'Notice QA-09-02\n\nHow springs are counted in store.',
    };
    expect(await versionsOf(files)).toEqual([]);
  });
});
