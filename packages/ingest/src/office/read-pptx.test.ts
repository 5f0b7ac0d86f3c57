import { describe, expect, it } from 'vitest';
import { describeReader } from '../__fixtures__/describe-reader.ts';
import { makePptx, shapeXml } from '../__fixtures__/make-office.ts';
import { readDocument } from '../read-document.ts';
import { pptxReader } from '../readers/pptx-reader.ts';
import { storeZip } from '../zip.ts';

const read = (bytes: Uint8Array, maxPages?: number) =>
  readDocument(bytes, { uri: 'a.pptx', tenant: 't', ...(maxPages !== undefined && { limits: { maxPages } }) });

describeReader(pptxReader, {
  bytes: makePptx([{ xml: shapeXml(['A fixture'], { placeholder: 'title' }) }]),
  bomb: storeZip(new Map([['ppt/presentation.xml', Buffer.alloc(2_000_000, 0x20)]])),
});

describe('PowerPoint', () => {
  it('reads a slide: title first, then from top to bottom and left to right, without its footer', async () => {
    const xml = [
      shapeXml(['Right'], { at: [400, 120, 600, 200] }),
      shapeXml(['Left'], { at: [40, 125, 300, 200] }),
      shapeXml(['3'], { placeholder: 'sldNum' }),
      shapeXml(['Below'], { at: [40, 300, 300, 340] }),
      shapeXml(['Care of seals'], { placeholder: 'title', at: [40, 20, 600, 80] }),
    ].join('');
    const document = await read(makePptx([{ xml }]));
    expect(document.text.split('\n\n')).toEqual(['Care of seals', 'Left', 'Right', 'Below']);
    expect(document.title).toBe('Care of seals');
    expect(document.places[1]?.place).toEqual({ page: 1, box: [40, 125, 300, 200] });
  });

  it('numbers lists as the program does, keeps notes and tells slides apart', async () => {
    const document = await read(
      makePptx([
        {
          xml: shapeXml(['Open', 'Clean'], { placeholder: 'body', properties: '<a:buAutoNum type="arabicPeriod"/>' }),
          notes: 'Say it slowly.',
        },
        { xml: shapeXml(['Secret'], {}), hidden: true },
        { xml: shapeXml(['End', 'Thanks'], { placeholder: 'body' }) },
      ]),
    );
    expect(document.blocks.map(({ kind, text }) => [kind, text])).toEqual([
      ['list', '1. Open\n2. Clean'],
      ['footnote', 'Say it slowly.'],
      ['list', '- End\n- Thanks'],
    ]);
    expect(document.places.map(({ place }) => place.page)).toEqual([1, 1, 3]);
    expect(document.pageCount).toBe(3);
  });

  it('reads tables with spans', async () => {
    const cell = (text: string, attributes = '') =>
      `<a:tc ${attributes}><a:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`;
    const xml = `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow="1"/><a:tr>${cell('Model')}${cell('Bar', 'gridSpan="2"')}${cell('', 'hMerge="1"')}</a:tr><a:tr>${cell('A1')}${cell('2')}${cell('4')}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
    const document = await read(makePptx([{ xml }]));
    expect(document.blocks[0]?.table).toEqual({
      headerRows: 1,
      rows: [
        [{ text: 'Model' }, { text: 'Bar', colSpan: 2 }],
        [{ text: 'A1' }, { text: '2' }, { text: '4' }],
      ],
    });
  });

  it('refuses more slides than the limit of pages', async () => {
    const slides = [1, 2, 3].map(() => ({ xml: shapeXml(['x']) }));
    await expect(read(makePptx(slides), 2)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });
});
