import { numberOf } from './dates.ts';

export interface VersionMark {
  /** Marks of one kind can be compared with each other. `period`: a bare year, which may name an edition or the year that the document is about. */
  readonly kind: 'version' | 'revision' | 'edition' | 'year' | 'period';
  /** Compared from left to right: version 4.10 is `[4, 10]`, revision C is `[3]`, 2026年4月版 is `[2026, 4]`. */
  readonly order: readonly number[];
  /** As written: `Rev C`. */
  readonly text: string;
}

export interface MarkedName {
  /** The name without its marks, folded: equal for all versions of one document. */
  readonly key: string;
  readonly marks: readonly VersionMark[];
  /** It calls itself a draft. */
  readonly draft: boolean;
}

const YEAR = '(?:19|20)\\d\\d';
const HAN_NUMBER = '[一二三四五六七八九十\\d]{1,3}';

interface MarkRule {
  readonly kind: VersionMark['kind'];
  readonly pattern: RegExp;
  /** In names only: elsewhere the words mean something else too often. */
  readonly nameOnly?: boolean;
}

/** In the order in which they are looked for; what one rule took, the next does not see. */
const RULES: readonly MarkRule[] = [
  { kind: 'version', pattern: /(?:\bversion|\bver\.?|版本号?)\s*[:：]?\s*v?(\d+(?:\.\d+){0,3})(?![\d.]*\p{L})/giu },
  { kind: 'version', pattern: /(?<![\p{L}\d])v(\d+(?:\.\d+){0,3})版?(?![\p{L}\d])/giu },
  { kind: 'revision', pattern: /\brev(?:ision|\.)?[\s_-]*([a-z]|\d{1,3})(?![\p{L}\d])/giu },
  { kind: 'revision', pattern: new RegExp(`第\\s*(${HAN_NUMBER})\\s*次修[订正]`, 'gu') },
  { kind: 'edition', pattern: /\bedition\s+(\d{1,4}(?:[-./]\d{1,2})?)(?![\p{L}\d])/giu },
  { kind: 'edition', pattern: /\b(\d{1,3})(?:st|nd|rd|th)\s+edition\b/giu },
  { kind: 'edition', pattern: new RegExp(`第\\s*(${HAN_NUMBER})\\s*版`, 'gu'), nameOnly: true },
  {
    kind: 'year',
    pattern: new RegExp(
      `[（(\\[【]?\\s*(${YEAR}\\s*年\\s*\\d{1,2}\\s*月)\\s*(?:版|修订版?|更新|起执行)\\s*[)）\\]】]?`,
      'gu',
    ),
  },
  { kind: 'year', pattern: new RegExp(`[（(\\[【]?\\s*(${YEAR})\\s*年?(?:版|修订版?|修正)\\s*[)）\\]】]?`, 'gu') },
  { kind: 'year', pattern: new RegExp(`\\b(${YEAR})\\s+(?:edition|revision|update)\\b`, 'giu') },
  {
    kind: 'period',
    pattern: new RegExp(`[（(\\[【]\\s*(${YEAR})\\s*年?\\s*[)）\\]】]|[\\s_–-]+(${YEAR})$`, 'gu'),
    nameOnly: true,
  },
];

/** What has versions of its own, right before the mark. */
const OTHER_THING = /(?:\b(?:software|firmware|app|api|protocol)|软件|固件|程序|协议|系统)\s*$/i;
const DRAFT = /\bdraft\b|征求意见稿|草案|草稿|送审稿/giu;
/** Says nothing about order. */
const NOISE =
  /\b(?:final|copy(?: of)?|approved|signed|new|latest|clean)\b|终稿|定稿|副本|修订稿|最新|扫描件|[（(]\d{1,2}[)）]$/giu;

/** Reads a title or the stem of a file name: `差旅费管理办法（2026版）` is `差旅费管理办法` with the mark 2026. */
export function readName(name: string): MarkedName {
  const { marks, rest } = takeMarks(name.normalize('NFKC').replaceAll('_', ' ').trim(), true);
  const draft = rest.search(DRAFT) >= 0;
  const key = rest
    .replace(DRAFT, ' ')
    .replace(NOISE, ' ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .replace(/(?<=\p{Script=Han}) | (?=\p{Script=Han})/gu, '')
    .trim();
  return { key, marks, draft };
}

/** The marks in a line of running text, such as `Document OM-XP200-EN · Revision D`. */
export function marksIn(line: string): readonly VersionMark[] {
  return takeMarks(line.normalize('NFKC'), false).marks;
}

function takeMarks(text: string, isName: boolean): { marks: VersionMark[]; rest: string } {
  const marks: VersionMark[] = [];
  let rest = text;
  for (const { kind, pattern, nameOnly = false } of RULES) {
    if (nameOnly && !isName) continue;
    rest = rest.replace(pattern, (...groups: unknown[]) => {
      const [match, ...parts] = groups.filter((part) => typeof part === 'string');
      const order = orderOf(parts[0] ?? '');
      if (match === undefined || order === undefined) return match ?? '';
      if (!isName && OTHER_THING.test(rest.slice(0, rest.indexOf(match)))) return ' ';
      marks.push({ kind, order, text: match.trim().replace(/^[（([【–-]\s*|\s*[)）\]】]$/g, '') });
      return ' ';
    });
  }
  return { marks, rest };
}

function orderOf(text: string): readonly number[] | undefined {
  if (/^[a-z]$/i.test(text)) return [text.toLowerCase().charCodeAt(0) - 96];
  const parts = text.split(/[^一二三四五六七八九十\d]+/).filter((part) => part !== '');
  const order = parts.map(numberOf);
  return order.length === 0 || order.some(Number.isNaN) ? undefined : order;
}

/** Below 0 when `left` is older, above 0 when newer, 0 when equal, `undefined` when they share no kind of mark. */
export function compareMarks(
  left: readonly VersionMark[],
  right: readonly VersionMark[],
  kinds: readonly VersionMark['kind'][] = ['version', 'revision', 'edition', 'year', 'period'],
): number | undefined {
  for (const kind of kinds) {
    const a = left.find((mark) => mark.kind === kind);
    const b = right.find((mark) => mark.kind === kind);
    if (a === undefined || b === undefined) continue;
    for (let at = 0; at < Math.max(a.order.length, b.order.length); at += 1) {
      const difference = (a.order[at] ?? 0) - (b.order[at] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }
  return undefined;
}
