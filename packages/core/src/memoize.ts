/**
 * Remembers what `make` gave for the last keys, at most `most` of them; the one that was used longest ago goes first. For pure functions whose
 * result nobody changes.
 */
export function memoize<T>(most: number, make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      if (known.size >= most) for (const oldest of known.keys()) if (known.delete(oldest)) break;
    } else known.delete(key); // to the end: it was used last
    known.set(key, value);
    return value;
  };
}

/** Of one text kept by `memoizeText`: longer ones are made anew each time. */
const LONGEST_PART = 1 / 20;

/**
 * Remembers what `make` gave for the last texts, `units` UTF-16 code units of them together; the one that was used longest ago goes first.
 * The passages of a corpus come back in question after question, and what is found out about one stays true. For pure functions whose result
 * nobody changes.
 */
export function memoizeText<T>(units: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  let kept = 0;
  return (text) => {
    let value = known.get(text);
    if (value !== undefined) {
      known.delete(text); // to the end: it was used last
      known.set(text, value);
      return value;
    }
    value = make(text);
    if (text.length > units * LONGEST_PART) return value;
    known.set(text, value);
    kept += text.length;
    if (kept <= units) return value;
    for (const oldest of known.keys()) {
      known.delete(oldest);
      kept -= oldest.length;
      if (kept <= units) break;
    }
    return value;
  };
}
