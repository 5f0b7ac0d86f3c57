import { describe, expect, it } from 'vitest';
import { plainTextBlocks } from './plain-text-blocks.ts';

const LONG = 'The committee meets in the first week of each month and looks at every request that came in. '
  .repeat(4)
  .trim();
const shape = (text: string) =>
  plainTextBlocks(text).map(({ kind, level, text: own }) => `${kind}${level ?? ''} ${own.slice(0, 24)}`);

describe('headings of plain text', () => {
  it('are lines between wiki marks, with their level', () => {
    expect(shape(`= Pumps =\n${LONG}\n\n== Care ==\n${LONG}\n\n = = = Seals = = = \n${LONG}`)).toEqual([
      'heading1 Pumps',
      `paragraph ${LONG.slice(0, 24)}`,
      'heading2 Care',
      `paragraph ${LONG.slice(0, 24)}`,
      'heading3 Seals',
      `paragraph ${LONG.slice(0, 24)}`,
    ]);
  });

  it('are short lines on top of one long line, but no captions, lists or sentences', () => {
    expect(shape(`Duties of the committee\n${LONG}\n\n${LONG}`)[0]).toBe('heading2 Duties of the committee');
    for (const line of ['Figure 2 The committee', '- a first item', 'It was so.', 'as follows', '(Appendix B)'])
      expect(shape(`${line}\n${LONG}\n\n${LONG}`)[0], line).not.toContain('heading');
  });

  it('are no quantities and no capitals among figures', () => {
    for (const line of ['175 paper fuzes', '3 canister shot', '(A) (216 KB EPS)'])
      expect(shape(`${LONG}\n\n${line}\n\n${LONG}`), line).toHaveLength(3);
    expect(shape(`${LONG}\n\n175 paper fuzes\n\n3 shot\n\n(A) (216 KB EPS)\n\n${LONG}`).join()).not.toContain(
      'heading',
    );
  });
});

it('reads lines that are cut by upright strokes as a table, when all have as many cells', () => {
  expect(plainTextBlocks(`Stock\n\nPart | Number\nseal | 4\nring | 12\n\n${LONG}`)[1]).toMatchObject({
    kind: 'table',
    text: 'Part | Number\nseal | 4\nring | 12',
  });
  expect(plainTextBlocks(`a | b\nc\n\n${LONG}`)[0]?.kind).toBe('paragraph');
});
