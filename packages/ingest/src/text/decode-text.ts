export interface DecodedText {
  readonly text: string;
  /** As `TextDecoder` names it: `utf-8`, `gb18030`, `big5`, `utf-16le`, `windows-1252`, ... */
  readonly encoding: string;
  /** `mark` by a byte order mark, `valid` when the bytes allow nothing else, `statistics` when it was the likeliest. */
  readonly basis: 'mark' | 'valid' | 'statistics';
}

const MULTIBYTE = ['gb18030', 'big5', 'shift_jis', 'euc-jp', 'euc-kr'] as const;

/**
 * Decodes text of unknown encoding: a byte order mark, then valid UTF-8, then UTF-16 by its zero bytes, then the candidate
 * (GB18030, Big5, Shift_JIS, EUC-JP, EUC-KR, Windows-1252) whose result looks most like text.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const marked = byMark(bytes);
  if (marked !== undefined) return { text: decode(bytes, marked) ?? '', encoding: marked, basis: 'mark' };
  const utf16 = utf16ByZeros(bytes);
  if (utf16 !== undefined) return { text: decode(bytes, utf16) ?? '', encoding: utf16, basis: 'valid' };
  const utf8 = decode(bytes, 'utf-8', true);
  if (utf8 !== undefined) return { text: utf8, encoding: 'utf-8', basis: 'valid' };

  const candidates = ['windows-1252', 'windows-1251', ...MULTIBYTE].map((encoding) => {
    const text = decode(bytes, encoding) ?? '';
    return { encoding, text, score: plausibility(text, encoding) };
  });
  // A few broken bytes in UTF-8 are likelier than another encoding that happens to fit.
  const lenient = decode(bytes, 'utf-8') ?? '';
  candidates.push({ encoding: 'utf-8', text: lenient, score: plausibility(lenient, 'utf-8') });
  const best = candidates.reduce((left, right) => (right.score > left.score ? right : left));
  return { text: best.text, encoding: best.encoding, basis: 'statistics' };
}

function byMark(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return undefined;
}

/** Zeros in more than 30 % of the even or odd bytes: UTF-16 of a script with many Latin letters, digits or line ends. */
function utf16ByZeros(bytes: Uint8Array): string | undefined {
  const length = Math.min(bytes.length, 4096);
  if (length < 4) return undefined;
  const zeros = [0, 0];
  for (let index = 0; index < length; index += 1) {
    if (bytes[index] === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  }
  const [even = 0, odd = 0] = zeros;
  const half = length / 2;
  if (odd > half * 0.3 && even < half * 0.05) return 'utf-16le';
  if (even > half * 0.3 && odd < half * 0.05) return 'utf-16be';
  return undefined;
}

function decode(bytes: Uint8Array, encoding: string, fatal = false): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal }).decode(bytes);
  } catch {
    return undefined; // invalid bytes for this encoding
  }
}

/** The 200 or so characters that make up half of any Chinese, Japanese or Korean text. */
const COMMON = new Set(
  '的一是了不在有人我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联权往展该领传近留红治決決這個們來時為會對過學後無開動長樣現將與進實點種聲話問機給業間東門車書見經頭義語電說應發還從當著處場體報馬話記請讓論認買賣質錢線號選戰爭權區興專單據の に は を た が で て と し れ さ る い も な あ 이 의 다 는 에 을 를 가 은 로 고 하 지 서 한'.replaceAll(
    ' ',
    '',
  ),
);

/** Mean points per character: common characters and kana for, replacement, control and private-use characters against. */
function plausibility(text: string, encoding: string): number {
  const sample = text.length > 20_000 ? text.slice(0, 20_000) : text;
  let points = 0;
  let count = 0;
  let previousLetter = false;
  for (const character of sample) {
    const code = character.codePointAt(0) ?? 0;
    count += 1;
    if (code < 0x80) {
      points += code < 32 && code !== 9 && code !== 10 && code !== 13 ? -2 : 0.3;
      previousLetter = /[a-z]/i.test(character);
      continue;
    }
    if (code === 0xfffd || (code >= 0xe000 && code < 0xf900)) points -= 8;
    else if (code < 0xa0) points -= 3;
    else if (code < 0x250) points += latinPoints(character, previousLetter);
    else if (code >= 0x400 && code < 0x460) points += 0.6;
    else if (COMMON.has(character)) points += 2.2;
    else if (code >= 0x3000 && code <= 0x30ff) points += 1;
    else if (code >= 0xff00 && code <= 0xff5e) points += 0.8;
    else if (code >= 0xff61 && code <= 0xff9f)
      points -= 1; // half-width kana: usually another encoding read as Shift_JIS
    else if (code >= 0x4e00 && code < 0xa000) points += 0.2;
    else if (code >= 0xac00 && code < 0xd7a4) points += 0.6;
    else if (code >= 0x2010 && code <= 0x2122) points += 0.5;
    else points -= 1.5;
    previousLetter = false;
  }
  const prior = encoding === 'utf-8' ? 0.05 : encoding === 'gb18030' ? 0.02 : 0;
  return count === 0 ? 0 : points / count + prior;
}

function latinPoints(character: string, afterLetter: boolean): number {
  if (/[àâäáãåæçéèêëíìîïñóòôöõøœúùûüýÿß]/.test(character)) return afterLetter ? 1 : 0.5;
  if (/[\u00a0«»’“”–—…€£§°·½¼²³©®™]/.test(character)) return 0.4;
  if (/[ÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝŸ]/.test(character)) return afterLetter ? -1.2 : 0.2;
  return -1;
}
