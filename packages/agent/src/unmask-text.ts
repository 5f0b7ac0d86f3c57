import { cleanText } from '@fieldkit/core/clean-text';

/** Letters of other scripts that look like Latin ones. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'aаαɑᴀ bьβʙ cсϲᴄ dԁᴅ eеεэєᴇ gɡɢ hһнʜ iіιıɪӏ jјᴊ kкκᴋ lʟ mмᴍ nпηɴ oоοσᴏ pрρᴘ qԛ rгʀ sѕꜱ tтτᴛ uυцᴜ vνѵᴠ wԝωᴡ xхχ yуγʏ zᴢ ' +
    'AАΑ BВΒ CСϹ EЕΕ HНΗ IІΙ JЈ KКΚ MМΜ NΝ OОΟ PРΡ SЅ TТΤ XХΧ YУΥ ZΖ'
  )
    .split(' ')
    .flatMap((row) => {
      const [latin = '', ...others] = [...row];
      return others.map((other) => [other, latin]);
    }),
);
const LOOKALIKE = new RegExp(`[${Object.keys(LOOKALIKES).join('')}]`, 'gu');

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  colon: ':',
  sol: '/',
  bsol: '\\',
  period: '.',
  lpar: '(',
  rpar: ')',
  lsqb: '[',
  rsqb: ']',
  lbrack: '[',
  rbrack: ']',
  excl: '!',
  num: '#',
  quest: '?',
  commat: '@',
  Tab: ' ',
  NewLine: '\n',
  shy: '',
  zwnj: '',
  zwj: '',
};

/** HTML character references as the characters. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text
    .replace(
      /&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));?/gi,
      (whole, hex?: string, decimal?: string) =>
        fromCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) ?? whole,
    )
    .replace(/&([a-zA-Z]{2,8});/g, (whole, name: string) => NAMED[name] ?? NAMED[name.toLowerCase()] ?? whole);
}

function fromCode(code: number): string | undefined {
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : undefined;
}

function decodeEscapes(text: string): string {
  return text
    .replace(
      /\\(?:u\{?([0-9a-f]{4,6})\}?|x([0-9a-f]{2}))/gi,
      (whole, long?: string, short?: string) => fromCode(Number.parseInt(long ?? short ?? '', 16)) ?? whole,
    )
    .replace(/(?:%[0-9a-f]{2}){1,400}/gi, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run;
      }
    });
}

const DIGITS: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's' };

/**
 * A text as it stands and as somebody who wants to hide it from patterns may have meant it: entities, escapes, look-alike letters, accents,
 * markup inside words, spaced letters, digits for letters, base64 and hex; a record's value without its path. The first is the cleaned text; mostly it is the only one.
 */
export function readings(text: string): string[] {
  const plain = cleanText(text).normalize('NFKC');
  const found = [plain];
  const add = (reading: string) => {
    if (!found.includes(reading)) found.push(reading);
  };
  const field = /^[\w.[\]-]{1,60}(?: \([^)]{0,80}\))?: /.exec(plain)?.[0]; // the path of a record's line
  if (field !== undefined) add(plain.slice(field.length));
  let shown = plain;
  if (/&#?\w/.test(shown)) shown = cleanText(decodeEntities(decodeEntities(shown)));
  if (/\\[ux]|%[0-9a-f]{2}/i.test(shown)) shown = cleanText(decodeEscapes(shown));
  if (/[^\u0000-\u007f\u2e80-\u9fff\uff00-\uffef]/.test(shown)) {
    add(shown);
    shown = shown
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .replace(LOOKALIKE, (letter) => LOOKALIKES[letter] ?? letter);
  }
  if (/<[a-z!/]/i.test(shown)) {
    add(shown);
    shown = shown
      .replace(/<!--|-->/g, ' ')
      .replace(/<\/?[a-z][^<>]{0,200}>/gi, (tag) => (/^<\/?(?:br|p|div|li|td|tr)\b/i.test(tag) ? ' ' : ''));
  }
  if (/[*_`~|^]/.test(shown)) {
    add(shown);
    shown = shown.replace(/[*`~|^]+|(?<=\w)_(?=\w(?:_|\b))/g, '');
  }
  add(shown);
  if (/(?:^|[^\p{L}])(?:\p{L}[ .\-_*/|]{1,2}){5,}\p{L}(?!\p{L})/u.test(shown)) {
    const wide = shown.replace(/[ ]{2,}|[/|]/g, '\u0001');
    add(wide.replace(/(?<=(?:^|[^\p{L}])\p{L})[ .\-_*](?=\p{L}(?!\p{L}))/gu, '').replaceAll('\u0001', ' '));
    add(shown.replace(/(?<=(?:^|[^\p{L}])\p{L})[ .\-_*/|]{1,2}(?=\p{L}(?!\p{L}))/gu, ''));
  }
  if (/\p{L}[013457@$]\p{L}/u.test(shown))
    add(
      shown.replace(/[\p{L}013457@$]{2,40}/gu, (word) =>
        /\p{L}/u.test(word) ? word.replace(/[013457@$]/g, (digit) => DIGITS[digit] ?? digit) : word,
      ),
    );
  if (/[A-Za-z0-9+/_=-]{20}/.test(shown)) for (const decoded of decodedBlobs(shown)) add(decoded);
  return found;
}

/** Texts that stand in base64 or hex. */
function decodedBlobs(text: string): string[] {
  const base64 = text.match(/[A-Za-z0-9+/_-]{20,4000}={0,2}/g) ?? [];
  const hex = text.match(/(?:[0-9a-f]{2}[ :]?){12,2000}/gi) ?? [];
  const decoded = [
    ...base64.map((blob) => Buffer.from(blob, blob.includes('-') || blob.includes('_') ? 'base64url' : 'base64')),
    ...hex.map((blob) => Buffer.from(blob.replace(/[ :]/g, ''), 'hex')),
  ].map((bytes) => bytes.toString('utf8'));
  return decoded
    .filter(
      (candidate) =>
        candidate.length >= 8 &&
        !candidate.includes('\ufffd') &&
        (candidate.match(/[\p{L}\p{N}\p{P}\p{S}\s]/gu)?.length ?? 0) > candidate.length * 0.95,
    )
    .map((candidate) => cleanText(candidate).normalize('NFKC'));
}
