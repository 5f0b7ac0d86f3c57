import { codesIn, foldCode } from '../duplicates/document-identity.ts';
import { marksIn, readName } from '../duplicates/version-marks.ts';
import type { Found } from './date-rules.ts';
import { type Introduction, labelled, ownPart } from './introduction.ts';

const LABEL =
  /document (?:no\.?|number|id|code)|doc\.? ?(?:no\.?|id)|reference(?: no\.?)?|ref\.? no\.?|文\s*号|文件编号|发文字号|编\s*号/i;
const NOUN =
  /(?:\b(?:document|bulletin|policy|manual|guide|procedure|instruction|notice|sheet|list|catalogue|checklist|standard|report|form|specification)|通报|通知|办法|手册|文件|标准)\s*$/i;
const OF_A_THING =
  /\b(?:serial|model|part|article|type|seal|kit|batch|item)s?(?: numbers?)?(?: from)?\s*$|序列号|机型|型号|零件|备件/i;

/** The number under which a document is filed: `澜泊财〔2026〕14号`, `OM-XP200-EN`. Numbers of products look alike, so it must be said twice or introduced. */
export function documentNumber({ title, lines, plain }: Introduction): Found | undefined {
  const own = lines.map(ownPart);
  for (const line of own) {
    const value = labelled(line, LABEL);
    const [code] = value === undefined ? [] : codesIn(value);
    if (code !== undefined) return { value: code, quote: line.slice(0, 160) };
  }
  const scores = new Map<string, { score: number; quote: string }>();
  const head = plain
    .map(ownPart)
    .filter((line) => line !== title && line !== '')
    .slice(0, 40);
  [title, ...head].forEach((line, index) => {
    for (const code of new Set(codesIn(line))) {
      const known = scores.get(code) ?? { score: 0, quote: line.slice(0, 160) };
      scores.set(code, { ...known, score: known.score + weightOf(code, line, index) });
    }
  });
  const [best] = [...scores].sort(([, left], [, right]) => right.score - left.score);
  return best === undefined || best[1].score < 2 ? undefined : { value: best[0], quote: best[1].quote };
}

function weightOf(code: string, line: string, index: number): number {
  if (code.includes('〔')) return index < 10 ? 3 : 1;
  const at = foldCode(line).indexOf(code);
  const before = foldedBefore(line, code);
  if (OF_A_THING.test(before)) return -1;
  if (/[（(]\s*$/.test(before)) return 0.5; // said in passing
  if (NOUN.test(before)) return 2;
  return at === 0 || index === 0 ? 1 : line.length <= 80 ? 0.5 : 0;
}

function foldedBefore(line: string, code: string): string {
  const at = line.toUpperCase().indexOf(code);
  return at < 0 ? '' : line.slice(0, at);
}

/** The edition as the document writes it: `Rev C`, `2026版`, `V2.1`. */
export function documentVersion({ title, lines }: Introduction, uri: string): Found | undefined {
  for (const line of lines.map(ownPart)) {
    const value = labelled(
      line,
      /(?:document )?(?:version|revision|rev\.?|edition|issue)(?: no\.?| number)?|版\s*本号?|版\s*次|修订号/i,
    );
    if (value === undefined) continue;
    const [mark] = marksIn(value);
    if (mark !== undefined) return { value: mark.text, quote: line.slice(0, 160) };
    const bare = /^(?:v\.?\s?)?(\d+(?:\.\d+){0,3}|[A-Z])(?=$|[\s,，(（])/i.exec(value)?.[0];
    if (bare !== undefined) return { value: bare, quote: line.slice(0, 160) };
  }
  const name = (uri.split('/').at(-1) ?? uri).replace(/\.[^.]+$/, '');
  const found = [
    ...readName(title).marks.map((mark) => ({ mark, quote: title })),
    ...lines
      .slice(0, 40)
      .flatMap((line) => marksIn(ownPart(line)).map((mark) => ({ mark, quote: line.slice(0, 160) }))),
    ...readName(name).marks.map((mark) => ({ mark, quote: name })),
  ];
  for (const kind of ['version', 'revision', 'edition', 'year'] as const) {
    const hit = found.find(({ mark }) => mark.kind === kind);
    if (hit !== undefined) return { value: hit.mark.text, quote: hit.quote };
  }
  return undefined;
}
