import { cleanText } from '@fieldkit/core/clean-text';

/** Whether a quote has characters that a terminal or a reader must not get. */
export function hasControls(text: string): boolean {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text) || /\p{Bidi_Control}/u.test(text);
}

/** Clean, and on one line. */
export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ');
}
