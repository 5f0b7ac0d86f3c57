import { equationText } from './equation-text.ts';
import type { Counter } from './numbering.ts';
import { outlineLevel, type ParagraphStyle } from './styles.ts';
import { attributeOf, childOf, elementsOf, type XmlElement } from './xml.ts';

/** Private-use characters around what a paragraph is; mammoth carries them through as text. */
export const MARK_START = '\ue000';
export const MARK_END = '\ue001';

export interface AnnotateOptions {
  readonly styles: ReadonlyMap<string, ParagraphStyle>;
  readonly counter: Counter;
}

/**
 * Writes what mammoth leaves out into the text of a part: before each paragraph a mark with its heading level or its list label as
 * Word shows it, equations as text, and what simple fields (a date, a property) show. List properties are taken out, because the mark says it all.
 */
export function annotateBody(root: XmlElement, options: AnnotateOptions): void {
  const visit = (element: XmlElement, inDeleted: boolean) => {
    const deleted = inDeleted || element.name === 'w:del' || element.name === 'w:moveFrom';
    if (element.name === 'w:p') markParagraph(element, deleted, options);
    element.children = element.children.flatMap(withoutSimpleFields).map((child) => {
      if (typeof child === 'string') return child;
      if (child.name === 'm:oMath') return run(equationText(child));
      // One of the two says the same for old programs.
      if (child.name === 'mc:AlternateContent') return keepFallback(child);
      return child;
    });
    for (const child of elementsOf(element)) visit(child, deleted);
  };
  removeMarks(root);
  visit(root, false);
}

/** Characters that look like our marks and are not. */
function removeMarks(element: XmlElement): void {
  element.children = element.children.map((child) =>
    typeof child === 'string' ? child.replace(/[\ue000\ue001]/g, '') : child,
  );
  for (const child of elementsOf(element)) removeMarks(child);
}

function markParagraph(paragraph: XmlElement, deleted: boolean, { styles, counter }: AnnotateOptions): void {
  const properties = childOf(paragraph, 'w:pPr');
  const styleId = attributeOf(childOf(properties, 'w:pStyle')) ?? '';
  const style = styles.get(styleId);
  const heading = outlineLevel(properties) ?? style?.headingLevel;
  const direct = childOf(properties, 'w:numPr');
  const listId = attributeOf(childOf(direct, 'w:numId')) ?? style?.listId;
  const marks: string[] = [];
  if (heading !== undefined && heading > 0) marks.push(`h${Math.min(heading, 9)}`);

  const hasText = !deleted && /\S/.test(visibleText(paragraph));
  if (listId !== undefined && listId !== '0' && hasText) {
    const directLevel = Number(attributeOf(childOf(direct, 'w:ilvl')) ?? Number.NaN);
    const level = Number.isFinite(directLevel)
      ? directLevel
      : (counter.levelOfStyle(listId, styleId) ?? style?.listLevel ?? 0);
    const label = counter.next(listId, level);
    if (label !== undefined) marks.push(`${label.bullet ? 'b' : 'n'}${label.level}:${label.text.replaceAll(';', ',')}`);
  }
  if (properties !== undefined)
    properties.children = properties.children.filter((child) => typeof child === 'string' || child.name !== 'w:numPr');
  if (marks.length === 0) return;
  const at = properties === undefined ? 0 : paragraph.children.indexOf(properties) + 1;
  paragraph.children.splice(at, 0, run(`${MARK_START}${marks.join(';')}${MARK_END}`));
}

/** What a field of one element shows, in the field's place: mammoth reads only fields of several runs. */
function withoutSimpleFields(node: XmlElement | string): (XmlElement | string)[] {
  return typeof node !== 'string' && node.name === 'w:fldSimple' ? node.children.flatMap(withoutSimpleFields) : [node];
}

/** Whether anything of a paragraph is left when deletions are accepted; pictures and equations count. */
function visibleText(element: XmlElement): string {
  let text = '';
  for (const child of elementsOf(element)) {
    if (child.name === 'w:del' || child.name === 'w:moveFrom' || child.name === 'w:pPr') continue;
    if (child.name === 'w:t' || child.name === 'm:t')
      text += child.children.filter((node) => typeof node === 'string').join('');
    else if (child.name === 'w:drawing' || child.name === 'w:pict') text += '*';
    else text += visibleText(child);
  }
  return text;
}

function run(text: string): XmlElement {
  return {
    name: 'w:r',
    attributes: {},
    children: [{ name: 'w:t', attributes: { 'xml:space': 'preserve' }, children: [text] }],
  };
}

/** mammoth reads the fallback; a choice without one is given to it as such. */
function keepFallback(alternative: XmlElement): XmlElement {
  const fallback = childOf(alternative, 'mc:Fallback');
  if (fallback !== undefined && fallback.children.length > 0) return alternative;
  const choice = childOf(alternative, 'mc:Choice');
  return { ...alternative, children: choice === undefined ? [] : [{ ...choice, name: 'mc:Fallback' }] };
}
