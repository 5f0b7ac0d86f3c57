import { attributeOf, childOf, elementsOf, type XmlElement } from './xml.ts';

export interface ParagraphStyle {
  /** Built-in styles keep their English name in every language version of Word. */
  readonly name: string;
  /** 1 is the highest; absent for body text. */
  readonly headingLevel?: number;
  readonly listId?: string;
  readonly listLevel?: number;
}

/** Paragraph styles by id, with what they inherit. */
export function readStyles(root: XmlElement | undefined): ReadonlyMap<string, ParagraphStyle> {
  const elements = new Map<string, XmlElement>();
  for (const style of elementsOf(root, 'w:style')) {
    if ((style.attributes['w:type'] ?? 'paragraph') === 'paragraph')
      elements.set(style.attributes['w:styleId'] ?? '', style);
  }
  const styles = new Map<string, ParagraphStyle>();
  const resolve = (id: string, depth: number): ParagraphStyle | undefined => {
    const known = styles.get(id);
    const element = elements.get(id);
    if (known !== undefined || element === undefined || depth > 20) return known;
    const base = resolve(attributeOf(childOf(element, 'w:basedOn')) ?? '', depth + 1);
    const name = attributeOf(childOf(element, 'w:name')) ?? id;
    const properties = childOf(element, 'w:pPr');
    const headingLevel = levelByName(name) ?? outlineLevel(properties) ?? base?.headingLevel;
    const listId = attributeOf(childOf(properties, 'w:numPr', 'w:numId')) ?? base?.listId;
    const level = Number(attributeOf(childOf(properties, 'w:numPr', 'w:ilvl')) ?? Number.NaN);
    const listLevel = Number.isFinite(level) ? level : base?.listLevel;
    const style: ParagraphStyle = {
      name,
      ...(headingLevel !== undefined && headingLevel > 0 && { headingLevel }),
      ...(listId !== undefined && { listId }),
      ...(listLevel !== undefined && { listLevel }),
    };
    styles.set(id, style);
    return style;
  };
  for (const id of elements.keys()) resolve(id, 0);
  return styles;
}

function levelByName(name: string): number | undefined {
  const match = /^(?:heading|标题|überschrift|titre)\s*(\d)\b/i.exec(name);
  if (match !== null) return Number(match[1]);
  return /^(?:title|标题|book title)$/i.test(name) ? 1 : undefined;
}

/** `w:outlineLvl` 0 to 8; 9 is body text, said as 0 here so that it overrules what is inherited. */
export function outlineLevel(properties: XmlElement | undefined): number | undefined {
  const value = Number(attributeOf(childOf(properties, 'w:outlineLvl')) ?? Number.NaN);
  if (!Number.isFinite(value)) return undefined;
  return value >= 9 ? 0 : value + 1;
}
