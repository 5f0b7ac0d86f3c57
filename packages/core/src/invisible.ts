/**
 * Never seen by a reader: what Unicode calls default ignorable (soft hyphen, zero-width and tag characters, fillers, variation selectors),
 * marks that turn the direction of text, and interlinear annotation marks.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE.source, 'gu');

/** Whether a single character is one that no reader sees. */
export function isInvisible(character: string): boolean {
  return character > '\u00ac' && INVISIBLE.test(character);
}

export function dropInvisible(text: string): string {
  return text.replace(ALL_INVISIBLE, '');
}
