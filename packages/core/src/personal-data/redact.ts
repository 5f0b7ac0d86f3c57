import { memoize, memoizeText } from '../memoize.ts';
import {
  type FindPersonalDataOptions,
  findPersonalData,
  type PersonalDataKind,
  type PersonalDataMatch,
  personalDataKinds,
} from './find-personal-data.ts';

/** Replaces personal data by placeholders and puts it back; the same value has the same placeholder. */
export interface Redactor {
  /** `call 13800138000` becomes `call [CN-MOBILE-1]`. */
  redact(text: string): string;
  /** Placeholders of this redactor become what they stand for, of the kinds given. Default: all. */
  restore(text: string, kinds?: readonly PersonalDataKind[]): string;
  /** How many different values of each kind were replaced. */
  counts(): Readonly<Partial<Record<PersonalDataKind, number>>>;
}

/** Shorter texts are looked through at once, longer ones (prompts) do not come again. UTF-16 code units. */
const SHORTEST_REMEMBERED = 100;
const LONGEST_REMEMBERED = 10_000;

/** By kinds: the passages of a corpus stand in run after run, and several times in each. */
const finderOf = memoize(10, (names) => {
  const kinds = names.split(' ') as PersonalDataKind[]; // joined below
  return memoizeText(2_000_000, (text): readonly PersonalDataMatch[] => findPersonalData(text, { kinds }));
});

export function createRedactor(options: FindPersonalDataOptions = {}): Redactor {
  const { kinds = personalDataKinds } = options;
  const remembered = finderOf(kinds.join(' '));
  const find = (text: string) =>
    text.length >= SHORTEST_REMEMBERED && text.length <= LONGEST_REMEMBERED
      ? remembered(text)
      : findPersonalData(text, options);
  const placeholders = new Map<string, string>();
  const values = new Map<string, { readonly kind: PersonalDataKind; readonly value: string }>();
  const counts: Partial<Record<PersonalDataKind, number>> = {};
  const placeholderOf = (kind: PersonalDataKind, value: string): string => {
    const key = `${kind} ${value}`;
    const known = placeholders.get(key);
    if (known !== undefined) return known;
    const number = (counts[kind] ?? 0) + 1;
    counts[kind] = number;
    const placeholder = `[${kind.toUpperCase()}-${number}]`;
    placeholders.set(key, placeholder);
    values.set(placeholder, { kind, value });
    return placeholder;
  };
  return {
    redact(text) {
      const found = find(text);
      if (found.length === 0) return text;
      let redacted = '';
      let at = 0;
      for (const { kind, start, end } of found) {
        redacted += text.slice(at, start) + placeholderOf(kind, text.slice(start, end));
        at = end;
      }
      return redacted + text.slice(at);
    },
    restore(text, kinds) {
      return text.replace(/\[[A-Z-]{5,20}-\d{1,6}\]/g, (placeholder) => {
        const known = values.get(placeholder);
        return known === undefined || kinds?.includes(known.kind) === false ? placeholder : known.value;
      });
    },
    counts: () => counts,
  };
}

/** Plain data with every string redacted; keys stay. Parts without anything to redact are the very same, not copies. */
export function redactDeep(value: unknown, redactor: Pick<Redactor, 'redact'>): unknown {
  if (typeof value === 'string') return redactor.redact(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index += 1) {
      const redacted = redactDeep(value[index], redactor);
      if (redacted === value[index]) continue;
      copy ??= [...value];
      copy[index] = redacted;
    }
    return copy ?? value;
  }
  const own = value as Readonly<Record<string, unknown>>; // an object of plain data
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(own)) {
    const redacted = redactDeep(own[key], redactor);
    if (redacted === own[key]) continue;
    copy ??= { ...own };
    copy[key] = redacted;
  }
  return copy ?? value;
}
