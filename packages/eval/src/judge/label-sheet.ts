import { FieldkitError } from '@fieldkit/core';
import { proseOf } from '../scorers/answer-text.ts';
import { seededRandom } from '../statistics/random.ts';
import type { CaseResult } from '../summary.ts';

/** A sheet for people to label answers, as rows of cells: written to XLSX or CSV by whoever has a writer. Headers in English and Chinese. */
export const LABEL_HEADER = [
  'id',
  'question / 问题',
  'reference / 参考答案',
  'answer / 回答',
  'label / 标注 (pass, fail)',
  'remark / 备注',
] as const;

/** A random sample of results, the same for the same seed; the judge's verdict is left out, so that nobody is led by it. */
export function labelSheet(
  results: readonly Pick<CaseResult, 'item' | 'outcome'>[],
  size: number,
  seed = 1,
): string[][] {
  const random = seededRandom(seed);
  const shuffled = results
    .map((result) => ({ result, key: random() }))
    .sort((a, b) => a.key - b.key)
    .slice(0, size);
  return [
    [...LABEL_HEADER],
    ...shuffled.map(({ result: { item, outcome } }) => [
      item.id,
      [...item.history, item.question].join('\n'),
      item.references.join('\n'),
      proseOf(outcome.answer.text),
      '',
      '',
    ]),
  ];
}

const PASS = new Set(['pass', 'yes', 'y', '1', 'true', 'ok', '通过', '是', '对', '正确', '合格']);
const FAIL = new Set(['fail', 'no', 'n', '0', 'false', '不通过', '否', '错', '错误', '不合格']);

/**
 * The labels of a filled sheet, by case id. Rows without a label are passed over.
 *
 * @throws {FieldkitError} `DATASET_INVALID` naming the row when a label is neither pass nor fail or an id is missing.
 */
export function readLabelSheet(rows: readonly (readonly unknown[])[]): Map<string, boolean> {
  const labels = new Map<string, boolean>();
  rows.slice(1).forEach((row, index) => {
    const label = String(row[4] ?? '')
      .trim()
      .toLowerCase();
    if (label === '') return;
    const id = String(row[0] ?? '').trim();
    if (id === '') throw new FieldkitError('DATASET_INVALID', `row ${index + 2}: the id is missing`);
    if (!PASS.has(label) && !FAIL.has(label)) {
      throw new FieldkitError(
        'DATASET_INVALID',
        `row ${index + 2}: "${label}" is no label; write pass or fail (通过 or 不通过)`,
      );
    }
    labels.set(id, PASS.has(label));
  });
  return labels;
}
