const LETTER = /\p{L}/gu;
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['th', /\p{Script=Thai}/gu],
];

/**
 * The language of a text by its letters: a BCP 47 primary subtag, `und` without letters. Latin script counts as `en`: telling Latin
 * languages apart is not attempted. A Han character weighs as much as three Latin letters, because a Chinese question often names
 * products in Latin letters.
 */
export function detectLanguage(text: string): string {
  const letters = text.match(LETTER)?.length ?? 0;
  if (letters === 0) return 'und';
  const count = (script: RegExp) => text.match(script)?.length ?? 0;
  for (const [language, script] of SCRIPTS) {
    const found = count(script);
    if (found === 0) continue;
    if (language === 'ja' ? found * 5 >= letters : found * 4 >= letters) return language;
  }
  return 'en';
}
