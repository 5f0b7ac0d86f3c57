const PART = /([^.[\]]+)|\[(\d+|\*)\]/g;

/** Values at a path such as `a.b[0].c` or `items[*].text`, in order; nothing where the path leads nowhere. `''` is the value itself. */
export function valuesAt(value: unknown, path: string): unknown[] {
  let found: unknown[] = [value];
  for (const [, key, index] of path.matchAll(PART)) {
    found = found.flatMap((current) => {
      if (index === '*') return Array.isArray(current) ? current : [];
      const name = key ?? index ?? '';
      if (current === null || typeof current !== 'object' || !Object.hasOwn(current, name)) return [];
      return [Reflect.get(current, name)];
    });
  }
  return found.filter((current) => current !== undefined);
}
