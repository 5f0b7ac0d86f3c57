import { tryJson } from './json.ts';

const LITERALS: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  undefined: 'null',
  NaN: 'null',
};

/**
 * A JSON value out of what a model wrote instead of one, or undefined. Mended are: a code fence or prose around it, commas before a closing
 * bracket, single quotes, Python's `True`, `False`, `None`, raw line breaks in strings, missing closing brackets at the end. A string or
 * number that breaks off is not completed: its value is not known.
 */
export function repairJson(text: string): { readonly value: unknown; readonly repaired: boolean } | undefined {
  const direct = tryJson(text);
  if (direct !== undefined) return { value: direct, repaired: false };
  const body = jsonPart(text);
  if (body === undefined) return undefined;
  const value = tryJson(body) ?? tryJson(mend(body) ?? '');
  return value === undefined ? undefined : { value, repaired: true };
}

function jsonPart(text: string): string | undefined {
  const fenced = /```(?:json)?\s*([\s\S]*?)(?:```|$)/i.exec(text)?.[1] ?? text;
  const start = fenced.search(/[{[]/);
  if (start === -1) return undefined;
  const closing = fenced[start] === '{' ? '}' : ']';
  const end = fenced.lastIndexOf(closing);
  return end > start ? fenced.slice(start, end + 1) : fenced.slice(start).trimEnd();
}

/** One pass over the text with a stack of open brackets; undefined when it breaks off inside a value. */
function mend(text: string): string | undefined {
  let out = '';
  const open: string[] = [];
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? '';
    if (character === '"' || character === "'") {
      const string = readString(text, at, character);
      if (string === undefined) return undefined;
      out += JSON.stringify(string.value);
      at = string.end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']');
      out += character;
      at += 1;
    } else if (character === '}' || character === ']') {
      out = out.replace(/,\s*$/, '');
      if (open.pop() !== character) return undefined;
      out += character;
      at += 1;
      if (open.length === 0) return out; // what follows is prose
    } else if (/[A-Za-z]/.test(character)) {
      const word = /^[A-Za-z_]\w*/.exec(text.slice(at))?.[0] ?? character;
      const isKey = /^\s*:/.test(text.slice(at + word.length));
      out += isKey ? JSON.stringify(word) : (LITERALS[word] ?? word);
      at += word.length;
    } else {
      out += character;
      at += 1;
    }
  }
  const end = out.trimEnd().replace(/,$/, '');
  if (!/["\]}el]$/.test(end)) return undefined; // after a number or a colon something is missing
  return end + open.reverse().join('');
}

function readString(text: string, start: number, quote: string): { value: string; end: number } | undefined {
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') {
      const escaped = text[at + 1] ?? '';
      const code = escaped === 'u' ? text.slice(at + 2, at + 6) : '';
      if (escaped === 'u' && /^[0-9a-f]{4}$/i.test(code)) {
        value += String.fromCharCode(Number.parseInt(code, 16));
        at += 5;
      } else {
        value += ({ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' } as Record<string, string>)[escaped] ?? escaped;
        at += 1;
      }
    } else if (character === quote) {
      return { value, end: at + 1 };
    } else value += character;
  }
  return undefined;
}
