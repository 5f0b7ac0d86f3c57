import fc from 'fast-check';
import { makeDocx, paragraphXml } from './make-docx.ts';
import { makePptx, makeXlsx, shapeXml } from './make-office.ts';
import { makePdf, paragraph } from './make-pdf.ts';

/** A small good file of every format that is read. */
export const seedFiles: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  { name: 'a.pdf', bytes: makePdf([paragraph(['Some text to be damaged.', 'And more of it.'], 50, 100)]) },
  {
    name: 'a.docx',
    bytes: makeDocx(paragraphXml('Some text to be damaged.') + paragraphXml('A heading', '<w:outlineLvl w:val="0"/>')),
  },
  {
    name: 'a.xlsx',
    bytes: makeXlsx([
      {
        name: 'S',
        xml: '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>1.5</v></c></row><row r="2"><c r="A2"><v>46082</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>',
      },
    ], ['text']),
  },
  { name: 'a.pptx', bytes: makePptx([{ xml: shapeXml(['Title'], { placeholder: 'title' }), notes: 'Notes.' }]) },
  { name: 'a.md', bytes: Buffer.from('# Title\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n- x\n  - y\n') },
  { name: 'a.html', bytes: Buffer.from('<html><body><table><tr><td rowspan=2>a<td>b</table><ul><li>x</ul></body></html>') },
  { name: 'a.csv', bytes: Buffer.from('a;b\n"1;2";3\n') },
  { name: 'a.txt', bytes: Buffer.from('第一章 总则\n\n本办法自2026年4月1日起施行。\n', 'utf16le') },
];

export interface Mutation {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A seed file cut, with bytes changed, removed or repeated; whatever it was called, or nothing that tells its type. */
export const mutation: fc.Arbitrary<Mutation> = fc
  .record({
    seed: fc.integer({ min: 0, max: seedFiles.length - 1 }),
    cut: fc.oneof(fc.constant(1), fc.double({ min: 0.2, max: 1, noNaN: true })),
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
      maxLength: 20,
    }),
    repeat: fc.option(
      fc.record({ from: fc.double({ min: 0, max: 0.99, noNaN: true }), length: fc.integer({ min: 1, max: 200 }), times: fc.integer({ min: 1, max: 40 }) }),
      { nil: undefined },
    ),
    named: fc.boolean(),
  })
  .map(({ seed, cut, changes, repeat, named }) => {
    const source = seedFiles[seed];
    let bytes = Uint8Array.from(source?.bytes ?? []);
    bytes = bytes.subarray(0, Math.ceil(bytes.length * cut));
    if (repeat !== undefined) {
      const at = Math.floor(repeat.from * bytes.length);
      const part = bytes.subarray(at, at + repeat.length);
      bytes = Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: repeat.times }, () => part), bytes.subarray(at)]);
    }
    for (const [at, value] of changes) bytes[Math.floor(at * bytes.length)] = value;
    return { name: named ? (source?.name ?? 'fuzz') : 'fuzz', bytes };
  });
