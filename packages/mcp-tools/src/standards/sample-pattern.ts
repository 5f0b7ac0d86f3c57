import { between, pick } from './random.ts';

/**
 * A text that a regular expression matches: literals, classes, groups, alternatives and quantifiers. Look-around, back references and Unicode
 * properties are beyond it and give `undefined`; the caller checks what comes out.
 */
export function samplePattern(pattern: string, random: () => number): string | undefined {
  const reader = { pattern, at: 0 };
  try {
    const text = alternatives(reader, random);
    return reader.at === pattern.length ? text : undefined;
  } catch {
    return undefined;
  }
}

interface Reader {
  readonly pattern: string;
  at: number;
}

function alternatives(reader: Reader, random: () => number): string {
  const options = [sequence(reader, random)];
  while (reader.pattern[reader.at] === '|') {
    reader.at += 1;
    options.push(sequence(reader, random));
  }
  return pick(random, options) ?? '';
}

function sequence(reader: Reader, random: () => number): string {
  let text = '';
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern[reader.at] ?? '')) {
    const start = reader.at;
    let piece = atom(reader, random);
    const end = reader.at;
    const [low, high] = quantifier(reader);
    const after = reader.at;
    const count = between(random, low, high);
    if (count === 0) piece = '';
    for (let index = 1; index < count; index += 1) {
      reader.at = start;
      piece += atom(reader, random); // a new choice each time
    }
    if (count > 1 && reader.at !== end) throw new Error('unstable');
    reader.at = after;
    text += piece;
  }
  return text;
}

function quantifier(reader: Reader): [number, number] {
  const [found, low, comma, high] = /^(?:\{(\d+)(,?)(\d*)\}|[*+?])\??/.exec(reader.pattern.slice(reader.at)) ?? [''];
  reader.at += found.length;
  switch (found[0]) {
    case undefined:
      return [1, 1];
    case '*':
      return [0, 3];
    case '+':
      return [1, 4];
    case '?':
      return [0, 1];
    default: {
      const least = Number(low);
      return [least, comma === '' ? least : high === '' ? least + 3 : Number(high)];
    }
  }
}

function atom(reader: Reader, random: () => number): string {
  const character = reader.pattern[reader.at] ?? '';
  reader.at += 1;
  switch (character) {
    case '^':
    case '$':
      return '';
    case '.':
      return pick(random, [...'abcXYZ019 -']) ?? 'a';
    case '(':
      return group(reader, random);
    case '[':
      return pick(random, characterClass(reader)) ?? '';
    case '\\':
      return pick(random, escaped(reader)) ?? '';
    default:
      return character;
  }
}

function group(reader: Reader, random: () => number): string {
  const [lead = ''] = /^\?(?::|<[A-Za-z]\w*>|.)/.exec(reader.pattern.slice(reader.at)) ?? [];
  if (lead !== '' && lead !== '?:' && !lead.startsWith('?<')) throw new Error('look-around');
  if (lead === '?<') throw new Error('look-behind');
  reader.at += lead.length;
  const text = alternatives(reader, random);
  if (reader.pattern[reader.at] !== ')') throw new Error('unbalanced');
  reader.at += 1;
  return text;
}

const DIGITS = [...'0123456789'];
const WORD = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_'];
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

function escaped(reader: Reader): string[] {
  const character = reader.pattern[reader.at] ?? '';
  reader.at += 1;
  switch (character) {
    case 'd':
      return DIGITS;
    case 'w':
      return WORD;
    case 's':
      return [' '];
    case 'D':
    case 'W':
    case 'S': {
      const inverse = character === 'D' ? DIGITS : character === 'W' ? WORD : [' '];
      return PRINTABLE.filter((item) => !inverse.includes(item));
    }
    case 'n':
      return ['\n'];
    case 't':
      return ['\t'];
    case 'b':
      return [''];
    case 'u': {
      const [found, braced, plain] =
        /^(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))/.exec(reader.pattern.slice(reader.at)) ?? [];
      if (found === undefined) throw new Error('bad escape');
      reader.at += found.length;
      return [String.fromCodePoint(Number.parseInt(braced ?? plain ?? '', 16))];
    }
    default:
      if (/[A-Za-z0-9]/.test(character)) throw new Error('unknown escape');
      return [character];
  }
}

function characterClass(reader: Reader): string[] {
  const negated = reader.pattern[reader.at] === '^';
  if (negated) reader.at += 1;
  const members: string[] = [];
  while (reader.pattern[reader.at] !== ']') {
    if (reader.at >= reader.pattern.length) throw new Error('unbalanced');
    const from = classMember(reader);
    const [low] = from;
    if (
      from.length === 1 &&
      low !== undefined &&
      reader.pattern[reader.at] === '-' &&
      reader.pattern[reader.at + 1] !== ']'
    ) {
      reader.at += 1;
      const [high] = classMember(reader);
      const [first = 0, last = 0] = [low.codePointAt(0), high?.codePointAt(0)];
      for (let code = first; code <= last && members.length < 500; code += 1) members.push(String.fromCodePoint(code));
    } else members.push(...from);
  }
  reader.at += 1;
  return negated ? PRINTABLE.filter((item) => !members.includes(item)) : members;
}

function classMember(reader: Reader): string[] {
  const character = String.fromCodePoint(reader.pattern.codePointAt(reader.at) ?? 0);
  reader.at += character.length;
  return character === '\\' ? escaped(reader) : [character];
}
