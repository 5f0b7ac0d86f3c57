import { dropInvisible } from './invisible.ts';

/** ANSI sequences: CSI, strings such as OSC (with their end), and two-character escapes. */
const ANSI =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[\s\S]{0,400}?(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]{0,4}[0-~]/g;
/** Controls except tab and line feed. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text as a person sees it: no terminal sequences, control characters or invisible characters; every line break becomes LF. */
export function cleanText(text: string): string {
  // Printable ASCII and CJK, the bulk of what is read, have nothing to clean.
  if (!/[^\n\t\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f\u2010-\u2027\u3000-\u3163\u3400-\u9fff\uff01-\uff5e]/.test(text))
    return text;
  return dropInvisible(
    text
      .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
      .replace(ANSI, '')
      .replace(CONTROLS, ''),
  );
}
