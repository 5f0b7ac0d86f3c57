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
