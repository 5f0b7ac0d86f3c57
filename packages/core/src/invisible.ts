/** Never seen by a reader: soft hyphen, zero-width and direction marks, invisible operators, byte order mark, tag characters. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE.source, 'gu');

/** Whether a single character is one that no reader sees. */
export function isInvisible(character: string): boolean {
  return INVISIBLE.test(character);
}

export function dropInvisible(text: string): string {
  return text.replace(ALL_INVISIBLE, '');
}
