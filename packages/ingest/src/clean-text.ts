/** A replacement in a text: `[start, end)` of the old text became `length` code units. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly length: number;
}

export interface CleanStep {
  /** `kebab-case`, for reports and switches. */
  readonly name: string;
  /** What it changes, in a few words. */
  readonly summary: string;
  readonly byDefault: boolean;
  readonly pattern: RegExp;
  readonly replace: (match: string) => string;
}

/** Radicals of the supplement block that are whole characters, too, and that Unicode gives no decomposition (EquivalentUnifiedIdeograph). */
const RADICALS: ReadonlyMap<string, string> = new Map(
  [
    '⺁厂⺃乚⺄乙⺇几⺉刂⺊卜⺌小⺍小⺎兀⺏尣⺐尢⺑尣⺒巳⺓幺⺔彑⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢水⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺯糹',
    '⺰纟⺱罓⺲罒⺳网⺴网⺵网⺶羊⺷羊⺸羊⺹耂⺺肀⺻聿⺼月⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑長⻒镸⻓长⻔门⻕阜⻖阝⻗雨',
    '⻘青⻙韦⻚页⻛风⻜飞⻝食⻞食⻟飠⻠饣⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟',
  ].flatMap((pairs) => pairs.match(/../gu)?.map((pair): [string, string] => [pair[0] ?? '', pair[1] ?? '']) ?? []),
);

/** In the order in which they are applied. */
export const cleanSteps: readonly CleanStep[] = [
  {
    name: 'control-characters',
    summary: 'control, zero-width and direction marks',
    byDefault: true,
    pattern:
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]/g,
    replace: () => '',
  },
  {
    name: 'soft-hyphens',
    summary: 'hyphens that only mark where a word may break',
    byDefault: true,
    pattern: /\u00ad/g,
    replace: () => '',
  },
  {
    name: 'ligatures',
    summary: 'ligatures and presentation forms to their letters',
    byDefault: true,
    pattern: /[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufdf1\ufdf6-\ufdfb\ufe70-\ufefc]/g,
    replace: (match) => match.normalize('NFKC'),
  },
  {
    name: 'radicals',
    summary: 'radicals and compatibility forms that fonts put in place of Chinese characters',
    byDefault: true,
    pattern: /[\u2e80-\u2fd5\uf900-\ufaff]/g,
    replace: (match) => RADICALS.get(match) ?? match.normalize('NFKC'),
  },
  {
    name: 'degree-signs',
    summary: 'ring operators behind a number, as TeX sets them, to degree signs',
    byDefault: true,
    pattern: /(?<=\d ?)[\u25e6\u2218](?=\s?[CFK]?(?![\p{L}\p{N}]))/gu,
    replace: () => '°',
  },
  {
    name: 'full-width-forms',
    summary: 'full-width Latin letters and digits to the usual ones',
    byDefault: false,
    pattern: /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/g,
    replace: (match) => match.normalize('NFKC'),
  },
  {
    name: 'spaces',
    summary: 'repeated and special spaces to one',
    byDefault: true,
    pattern:
      /(?<=\S)[ \u00a0\u2000-\u200a\u202f\u205f]{2,}(?=\S)|[\u00a0\u2000-\u200a\u202f\u205f]|[ \t\u00a0]+(?=\n|$)/g,
    replace: (match) => (/^[ \t]+$/.test(match) && match.length === 1 ? '' : ' '),
  },
];

/** Applies one step; `moved` maps offsets of the old text to the new one. */
export function applyStep(
  text: string,
  { pattern, replace }: Pick<CleanStep, 'pattern' | 'replace'>,
): { text: string; changes: number; moved: (at: number) => number } {
  const edits: Edit[] = [];
  let clean = '';
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    const replacement = replace(match[0]);
    if (replacement === match[0]) continue;
    const end = match.index + match[0].length;
    clean += text.slice(done, match.index) + replacement;
    edits.push({ start: match.index, end, length: replacement.length });
    done = end;
  }
  if (edits.length === 0) return { text, changes: 0, moved: (at) => at };
  const moved = (at: number) => {
    let shift = 0;
    for (const { start, end, length } of edits) {
      if (start >= at) break;
      if (end > at) return start + shift + Math.min(at - start, length);
      shift += length - (end - start);
    }
    return at + shift;
  };
  return { text: clean + text.slice(done), changes: edits.length, moved };
}
