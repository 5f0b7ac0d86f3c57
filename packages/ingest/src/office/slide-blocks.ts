import { type Cell, tableText } from '@fieldkit/core';
import type { DraftBlock } from '../reader.ts';
import { childOf, elementsOf, type XmlElement } from '../word/xml.ts';
import { descendants, localName } from './parts.ts';

export type Box = readonly [number, number, number, number];

export interface SlideOptions {
  /** 1-based. */
  readonly page: number;
  /** The slide, in points: where a shape stands that takes its place from its layout. */
  readonly box: Box;
  /** Texts of the diagram that a relation names. */
  readonly diagram: (relationId: string) => readonly string[];
}

interface Shape {
  readonly element: XmlElement;
  readonly box?: Box;
  /** `title`, `body`, `ftr`, ...; absent for shapes that are no placeholder. */
  readonly placeholder?: string;
}

/** Maps coordinates inside a group to those of the slide. */
type Transform = (box: Box) => Box;

/** A slide's title as a heading, then its shapes from top to bottom and left to right; footers, dates and slide numbers are left out. */
export function slideBlocks(slide: XmlElement, options: SlideOptions): DraftBlock[] {
  const tree = childOf(slide, 'cSld', 'spTree');
  const shapes = shapesOf(tree, (box) => box).filter(
    ({ placeholder }) => !/^(?:ftr|dt|sldNum|hdr)$/.test(placeholder ?? ''),
  );
  const titles = shapes.filter(({ placeholder }) => /^(?:ctrT|t)itle$/.test(placeholder ?? ''));
  const rest = shapes.filter((shape) => !titles.includes(shape));
  const blocks: DraftBlock[] = [];
  for (const shape of titles) {
    const text = paragraphsOf(shape.element)
      .map((paragraph) => paragraph.text)
      .join(' ')
      .replace(/\s+/g, ' ')
      .trim();
    if (text !== '') blocks.push(placed({ kind: 'heading', level: 1, text }, shape, options));
  }
  for (const shape of readingOrder(rest)) blocks.push(...shapeBlocks(shape, options));
  return blocks;
}

function placed(block: DraftBlock, { box }: Pick<Shape, 'box'>, { page, box: slide }: SlideOptions): DraftBlock {
  const [x0, y0, x1, y1] = box ?? slide;
  return { ...block, places: [{ start: 0, end: block.text.length, place: { page, box: [x0, y0, x1, y1] } }] };
}

function shapesOf(tree: XmlElement | undefined, transform: Transform): Shape[] {
  return elementsOf(tree).flatMap((element): Shape[] => {
    if (element.name === 'grpSp') return shapesOf(element, groupTransform(element, transform));
    if (element.name === 'AlternateContent')
      return shapesOf(childOf(element, 'Choice') ?? childOf(element, 'Fallback'), transform);
    if (element.name !== 'sp' && element.name !== 'graphicFrame') return [];
    const own = childOf(element, 'spPr', 'xfrm') ?? childOf(element, 'xfrm');
    const box = own === undefined ? undefined : boxOf(own, 'off', 'ext');
    const placeholder = childOf(element, element.name === 'sp' ? 'nvSpPr' : 'nvGraphicFramePr', 'nvPr', 'ph');
    return [
      {
        element,
        ...(box !== undefined && { box: transform(box) }),
        ...(placeholder !== undefined && { placeholder: placeholder.attributes.type ?? 'obj' }),
      },
    ];
  });
}

function groupTransform(group: XmlElement, outer: Transform): Transform {
  const own = childOf(group, 'grpSpPr', 'xfrm');
  const to = own === undefined ? undefined : boxOf(own, 'off', 'ext');
  const from = own === undefined ? undefined : boxOf(own, 'chOff', 'chExt');
  if (to === undefined || from === undefined) return outer;
  const scaleX = (to[2] - to[0]) / Math.max(1e-6, from[2] - from[0]);
  const scaleY = (to[3] - to[1]) / Math.max(1e-6, from[3] - from[1]);
  return ([x0, y0, x1, y1]) =>
    outer([
      to[0] + (x0 - from[0]) * scaleX,
      to[1] + (y0 - from[1]) * scaleY,
      to[0] + (x1 - from[0]) * scaleX,
      to[1] + (y1 - from[1]) * scaleY,
    ]);
}

function boxOf(transform: XmlElement, offset: string, extent: string): Box | undefined {
  const { x, y } = childOf(transform, offset)?.attributes ?? {};
  const { cx, cy } = childOf(transform, extent)?.attributes ?? {};
  const [left = 0, top = 0, width = 0, height = 0] = [x, y, cx, cy].map((emu) => Number(emu) / 12_700);
  return [left, top, width, height].every(Number.isFinite) ? [left, top, left + width, top + height] : undefined;
}

/** Top to bottom in bands, left to right within one; shapes without a place of their own (from the layout) come first, as written. */
function readingOrder(shapes: readonly Shape[]): Shape[] {
  const free = shapes.filter(({ box }) => box === undefined);
  const sorted = shapes
    .flatMap((shape) => (shape.box === undefined ? [] : [{ shape, box: shape.box }]))
    .sort((left, right) => left.box[1] - right.box[1] || left.box[0] - right.box[0]);
  const bands: { bottom: number; items: typeof sorted }[] = [];
  for (const item of sorted) {
    const band = bands.at(-1);
    const middle = (item.box[1] + item.box[3]) / 2;
    if (band === undefined || middle > band.bottom) bands.push({ bottom: item.box[3], items: [item] });
    else band.items.push(item);
  }
  return [
    ...free,
    ...bands.flatMap(({ items }) => items.sort((left, right) => left.box[0] - right.box[0]).map(({ shape }) => shape)),
  ];
}

function shapeBlocks(shape: Shape, options: SlideOptions): DraftBlock[] {
  const { element, placeholder } = shape;
  const [table] = descendants(element, 'tbl');
  if (table !== undefined) return [placed(tableBlock(table), shape, options)];
  const [diagram] = descendants(element, 'relIds');
  if (diagram !== undefined) {
    const id = Object.entries(diagram.attributes).find(([name]) => localName(name) === 'dm')?.[1] ?? '';
    const texts = options.diagram(id);
    if (texts.length === 0) return [];
    return [placed({ kind: 'list', text: texts.map((text) => `- ${text}`).join('\n') }, shape, options)];
  }
  const paragraphs = paragraphsOf(element).filter(({ text }) => text !== '');
  const isList =
    paragraphs.length > 1 &&
    (placeholder === 'body' || placeholder === 'obj' || paragraphs.some(({ bullet }) => bullet));
  if (!isList) return paragraphs.map(({ text }) => placed({ kind: 'paragraph', text }, shape, options));
  const lines = paragraphs.map(({ text, level, number }) => `${'  '.repeat(level)}${number ?? '-'} ${text}`);
  return [placed({ kind: 'list', text: lines.join('\n') }, shape, options)];
}

interface SlideParagraph {
  readonly text: string;
  readonly level: number;
  readonly bullet: boolean;
  /** `3.` when the paragraph is numbered by the program. */
  readonly number?: string;
}

function paragraphsOf(element: XmlElement): SlideParagraph[] {
  const counters: number[] = [];
  return descendants(childOf(element, 'txBody'), 'p').map((paragraph) => {
    const properties = childOf(paragraph, 'pPr');
    const level = Math.min(8, Math.max(0, Number(properties?.attributes.lvl ?? 0) || 0));
    const auto = childOf(properties, 'buAutoNum');
    const text = runsOf(paragraph).replace(/\s+/g, ' ').trim();
    counters.length = Math.min(counters.length, level + 1);
    if (auto !== undefined && text !== '')
      counters[level] = (counters[level] ?? Number(auto.attributes.startAt ?? 1) - 1) + 1;
    else if (text !== '') counters.length = Math.min(counters.length, level);
    return {
      text,
      level,
      bullet: auto !== undefined || childOf(properties, 'buChar') !== undefined,
      ...(auto !== undefined && { number: `${counters[level] ?? 1}.` }),
    };
  });
}

function runsOf(element: XmlElement): string {
  return elementsOf(element)
    .map((child) => {
      if (child.name === 't') return child.children.filter((node) => typeof node === 'string').join('');
      if (child.name === 'br' || child.name === 'tab') return ' ';
      return child.name === 'pPr' || child.name === 'rPr' ? '' : runsOf(child);
    })
    .join('');
}

function tableBlock(table: XmlElement): DraftBlock {
  const rows = elementsOf(table, 'tr').map((row) =>
    elementsOf(row, 'tc').flatMap(({ attributes, children, name }): Cell[] => {
      if (isTrue(attributes.hMerge) || isTrue(attributes.vMerge)) return [];
      const text = paragraphsOf({ name, attributes, children })
        .map((paragraph) => paragraph.text)
        .filter((line) => line !== '')
        .join(' ');
      const [colSpan = 1, rowSpan = 1] = [attributes.gridSpan, attributes.rowSpan].map((span) =>
        Math.min(1000, Number(span ?? 1) || 1),
      );
      return [{ text, ...(colSpan > 1 && { colSpan }), ...(rowSpan > 1 && { rowSpan }) }];
    }),
  );
  const firstRow = isTrue(childOf(table, 'tblPr')?.attributes.firstRow);
  const value = { rows, headerRows: firstRow && rows.length > 1 ? 1 : 0 };
  return { kind: 'table', text: tableText(value), table: value };
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}
