import { formatNumber } from './number-format.ts';
import { attributeOf, childOf, elementsOf, type XmlElement } from './xml.ts';

interface Level {
  readonly start: number;
  readonly format: string;
  /** `%1.%2`, `第%1章`. */
  readonly text: string;
  readonly legal: boolean;
  /** Level after which it starts again; by default any higher one. */
  readonly restartAfter?: number;
  /** Paragraph style that uses this level. */
  readonly style?: string;
}

interface Numbering {
  readonly abstractId: string;
  readonly levels: ReadonlyMap<number, Level>;
  /** Levels that this list starts anew when it is first used. */
  readonly restarts: ReadonlyMap<number, number>;
}

export interface ListLabel {
  /** The number as Word shows it, `1.1` or `（一）`; empty for bullets. */
  readonly text: string;
  readonly bullet: boolean;
  /** From 0. */
  readonly level: number;
}

export interface Counter {
  /** The label of the next paragraph of list `id` at `level`; undefined when the list is not defined. */
  next(id: string, level: number): ListLabel | undefined;
  /** Which level of a list belongs to a paragraph style, when the list says so. */
  levelOfStyle(id: string, style: string): number | undefined;
}

/** Counts automatic numbers as Word does, from `word/numbering.xml`. */
export function createCounter(numbering: XmlElement | undefined): Counter {
  const lists = readNumbering(numbering);
  const counts = new Map<string, number[]>();
  const begun = new Set<string>();
  return {
    next(id, level) {
      const list = lists.get(id);
      const own = list?.levels.get(level);
      if (list === undefined || own === undefined) return undefined;
      const values = counts.get(list.abstractId) ?? [];
      counts.set(list.abstractId, values);
      const restart = list.restarts.get(level);
      if (restart !== undefined && !begun.has(`${id}/${level}`)) {
        values[level] = restart;
        values.length = level + 1;
      } else {
        values[level] = values[level] === undefined ? own.start : values[level] + 1;
      }
      begun.add(`${id}/${level}`);
      for (let deeper = level + 1; deeper < 9; deeper += 1) {
        const after = list.levels.get(deeper)?.restartAfter;
        if (after === undefined || (after > 0 && level < after)) delete values[deeper];
      }
      if (own.format === 'bullet') return { text: '', bullet: true, level };
      const text = own.text.replace(/%(\d)/g, (_, digit: string) => {
        const at = Number(digit) - 1;
        const other = list.levels.get(at);
        const value = values[at] ?? other?.start ?? 1;
        return formatNumber(value, own.legal && at < level ? 'decimal' : (other?.format ?? 'decimal'));
      });
      return { text: text.trim(), bullet: false, level };
    },
    levelOfStyle(id, style) {
      for (const [level, { style: own }] of lists.get(id)?.levels ?? []) if (own === style) return level;
      return undefined;
    },
  };
}

function readNumbering(root: XmlElement | undefined): Map<string, Numbering> {
  const abstracts = new Map<string, XmlElement>();
  const byStyle = new Map<string, XmlElement>();
  for (const abstract of elementsOf(root, 'w:abstractNum')) {
    abstracts.set(abstract.attributes['w:abstractNumId'] ?? '', abstract);
    const style = attributeOf(childOf(abstract, 'w:styleLink'));
    if (style !== undefined) byStyle.set(style, abstract);
  }
  const lists = new Map<string, Numbering>();
  for (const num of elementsOf(root, 'w:num')) {
    const abstractId = attributeOf(childOf(num, 'w:abstractNumId')) ?? '';
    let abstract = abstracts.get(abstractId);
    const link = attributeOf(childOf(abstract, 'w:numStyleLink'));
    if (link !== undefined) abstract = byStyle.get(link) ?? abstract;
    const levels = new Map<number, Level>();
    for (const level of elementsOf(abstract, 'w:lvl'))
      levels.set(Number(level.attributes['w:ilvl'] ?? 0), readLevel(level));
    const restarts = new Map<number, number>();
    for (const override of elementsOf(num, 'w:lvlOverride')) {
      const at = Number(override.attributes['w:ilvl'] ?? 0);
      const level = childOf(override, 'w:lvl');
      if (level !== undefined) levels.set(at, readLevel(level));
      const start = Number(attributeOf(childOf(override, 'w:startOverride')) ?? Number.NaN);
      if (Number.isFinite(start)) restarts.set(at, start);
    }
    lists.set(num.attributes['w:numId'] ?? '', { abstractId, levels, restarts });
  }
  return lists;
}

function readLevel(level: XmlElement): Level {
  const start = Number(attributeOf(childOf(level, 'w:start')) ?? 1);
  const restart = Number(attributeOf(childOf(level, 'w:lvlRestart')) ?? Number.NaN);
  const style = attributeOf(childOf(level, 'w:pStyle'));
  const legal = childOf(level, 'w:isLgl');
  return {
    start: Number.isFinite(start) ? start : 1,
    format: attributeOf(childOf(level, 'w:numFmt')) ?? 'decimal',
    text: attributeOf(childOf(level, 'w:lvlText')) ?? '',
    legal: legal !== undefined && attributeOf(legal) !== '0' && attributeOf(legal) !== 'false',
    ...(Number.isFinite(restart) && { restartAfter: restart }),
    ...(style !== undefined && { style }),
  };
}
