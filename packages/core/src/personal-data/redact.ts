import { type FindPersonalDataOptions, findPersonalData, type PersonalDataKind } from './find-personal-data.ts';

/** Replaces personal data by placeholders and puts it back; the same value has the same placeholder. */
export interface Redactor {
  /** `call 13800138000` becomes `call [CN-MOBILE-1]`. */
  redact(text: string): string;
  /** Placeholders of this redactor become what they stand for, of the kinds given. Default: all. */
  restore(text: string, kinds?: readonly PersonalDataKind[]): string;
  /** How many different values of each kind were replaced. */
  counts(): Readonly<Partial<Record<PersonalDataKind, number>>>;
}

export function createRedactor(options: FindPersonalDataOptions = {}): Redactor {
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
      let redacted = '';
      let at = 0;
      for (const { kind, start, end } of findPersonalData(text, options)) {
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

/** A copy of plain data with every string redacted; keys stay. */
export function redactDeep(value: unknown, redactor: Pick<Redactor, 'redact'>): unknown {
  if (typeof value === 'string') return redactor.redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redactor));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactDeep(item, redactor)]));
}
