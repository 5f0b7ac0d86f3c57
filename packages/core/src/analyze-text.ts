import { stemmer } from 'stemmer';
import { sha256 } from './ids.ts';
import { memoize } from './memoize.ts';

export interface AnalyzeTextOptions {
  /** How Han text is cut: words by `Intl.Segmenter`, or overlapping pairs of characters. Default `words`. */
  readonly han?: 'words' | 'bigrams';
}

/** Lucene's EnglishAnalyzer.ENGLISH_STOP_WORDS_SET, 33 words (Lucene 9). */
const STOPWORDS = new Set(
  (
    'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was ' +
    'will with'
  ).split(' '),
);

/**
 * Words by script. Letters and digits form one word (`xp200`), `.` and `,` stay between digits (`3.5`), `_` joins, an apostrophe stays
 * between letters, as in Unicode's word boundaries (UAX 29), which Lucene's StandardTokenizer follows.
 */
const WORD =
  /[\p{Script=Han}]+|[\p{Script=Hiragana}\p{Script=Katakana}ー]+|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}_])+(?:(?:(?<=\p{N})[.,](?=\p{N})|(?<=\p{L})['’.:·](?=\p{L}))(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}_])+)*/gu;
const HAN = /^\p{Script=Han}/u;
const KANA = /^[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const LATIN_WORD = /^[a-z'’]+$/;

const stem = memoize(20_000, stemmer);
let segmenter: Intl.Segmenter | undefined;

/**
 * Text to index terms, in order, repeats kept: NFKC, lower case, split by script; English words without Lucene's 33 stopwords and
 * stemmed by Porter (1980); Chinese as words of `Intl.Segmenter` or as bigrams. Other scripts stay whole words.
 */
export function analyzeText(text: string, options: AnalyzeTextOptions = {}): string[] {
  const { han = 'words' } = options;
  const terms: string[] = [];
  for (const [word] of text.normalize('NFKC').toLowerCase().matchAll(WORD)) {
    if (HAN.test(word)) terms.push(...(han === 'words' ? hanWords(word) : bigrams(word)));
    else if (KANA.test(word)) terms.push(...bigrams(word));
    else if (LATIN_WORD.test(word)) {
      const bare = word.replace(/['’]s$/, '').replace(/['’]/g, "'");
      if (bare !== '' && !STOPWORDS.has(bare)) terms.push(stem(bare));
    } else terms.push(word);
  }
  return terms;
}

function hanWords(run: string): string[] {
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  return Array.from(segmenter.segment(run), ({ segment }) => segment);
}

function bigrams(run: string): string[] {
  const characters = Array.from(run);
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

const PROBE =
  "The pumps' XP-200 ran at 3.5 bar; don't re-tighten M12 bolts. 保修期为二十四个月，自设备验收合格之日起计算；差旅费报销标准详见附件。ポンプ Größe naïve part_no 1,200";

/** A hash of the analyser's output on a fixed text: it changes when ICU, the stemmer or the options change what is indexed. */
export function analyzerStamp(options: AnalyzeTextOptions = {}): string {
  return sha256(JSON.stringify([options.han ?? 'words', analyzeText(PROBE, options)])).slice(0, 16);
}
