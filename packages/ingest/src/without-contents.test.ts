import { expect, it } from 'vitest';
import type { DraftBlock } from './reader.ts';
import { withoutContents } from './without-contents.ts';

const heading = (text: string): DraftBlock => ({ kind: 'heading', level: 1, text });
const paragraph = (text: string): DraftBlock => ({ kind: 'paragraph', text });
const chapters = ['1 Purpose', '2 Sampling', '3 Analysis'];
const body = chapters.flatMap((chapter) => [heading(chapter), paragraph('Text of the chapter.')]);
const rest = (contents: readonly DraftBlock[]) => withoutContents([heading('Manual'), ...contents, ...body]).blocks;

it.each([
  [
    'lines with leaders',
    [paragraph('1 Purpose ........ 2'), paragraph('2 Sampling …… 4'), paragraph('3 Analysis . . . . 6')],
  ],
  ['one paragraph with leaders', [paragraph('1 Purpose ........ 2 2 Sampling ........ 4 3 Analysis ........ 6')]],
  ['a list without leaders', [{ kind: 'list', text: '- 1. Purpose 2\n- 2. Sampling 4\n- 3. Analysis 6' } as const]],
  [
    'a table',
    [
      {
        kind: 'table',
        text: '',
        table: { headerRows: 1, rows: chapters.map((text, index) => [{ text }, { text: String(index * 2 + 2) }]) },
      } as const,
    ],
  ],
])('takes out a table of contents that was read as %s, with its heading', (_, contents) => {
  const { blocks, findings } = withoutContents([heading('Manual'), heading('Contents'), ...contents, ...body]);
  expect(blocks).toEqual([heading('Manual'), ...body]);
  expect(findings).toEqual([
    expect.objectContaining({ code: 'cleaned-contents', message: expect.stringContaining('3 ') }),
  ]);
});

it.each([
  ['end in numbers that fall', ['1 Purpose 6', '2 Sampling 4', '3 Analysis 2']],
  ['are no headings of the document', ['Copper 2', 'Zinc 4', 'Lead 6']],
  ['are too few', ['1 Purpose 2', '2 Sampling 4']],
])('keeps lines that %s', (_, lines) => {
  expect(rest(lines.map(paragraph))).toEqual([heading('Manual'), ...lines.map(paragraph), ...body]);
});
