import { attributeOf, childOf, elementsOf, textOf, type XmlElement } from './xml.ts';

/** An Office Math equation as linear text: `(a+b)/(2)`, `x^(2)`, `√(y)`, `∑_(i=1)^(n) i`. */
export function equationText(element: XmlElement): string {
  return elementsOf(element).map(pieceText).join('');
}

function pieceText(element: XmlElement): string {
  const part = (name: string) => {
    const child = childOf(element, name);
    return child === undefined ? '' : equationText(child);
  };
  switch (element.name) {
    case 'm:r':
      return textOf(element, 'm:t');
    case 'm:f':
      return `${grouped(part('m:num'))}/${grouped(part('m:den'))}`;
    case 'm:sSup':
      return `${part('m:e')}^${grouped(part('m:sup'))}`;
    case 'm:sSub':
      return `${part('m:e')}_${grouped(part('m:sub'))}`;
    case 'm:sSubSup':
      return `${part('m:e')}_${grouped(part('m:sub'))}^${grouped(part('m:sup'))}`;
    case 'm:rad':
      return `${part('m:deg')}√${grouped(part('m:e'))}`;
    case 'm:nary': {
      const sign = attributeOf(childOf(element, 'm:naryPr', 'm:chr'), 'm:val') ?? '∫';
      const [from, to] = [part('m:sub'), part('m:sup')];
      return `${sign}${from === '' ? '' : `_${grouped(from)}`}${to === '' ? '' : `^${grouped(to)}`} ${part('m:e')}`;
    }
    case 'm:d': {
      const properties = childOf(element, 'm:dPr');
      const open = attributeOf(childOf(properties, 'm:begChr'), 'm:val') ?? '(';
      const close = attributeOf(childOf(properties, 'm:endChr'), 'm:val') ?? ')';
      return `${open}${elementsOf(element, 'm:e').map(equationText).join(', ')}${close}`;
    }
    case 'm:m':
      return `[${elementsOf(element, 'm:mr')
        .map((row) => elementsOf(row, 'm:e').map(equationText).join(', '))
        .join('; ')}]`;
    case 'm:ctrlPr':
      return '';
    default:
      return element.name.endsWith('Pr') ? '' : equationText(element);
  }
}

function grouped(text: string): string {
  return [...text].length === 1 || /^\w+$/.test(text) ? text : `(${text})`;
}
