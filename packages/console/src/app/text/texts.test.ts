import { expect, it } from 'vitest';
import { texts } from './texts.ts';

/** Every sentence by its path; functions by what they say of some values. */
function said(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function')
    return [
      [
        path,
        String(
          value.length === 1 && path.endsWith('compared')
            ? value({ a: '1', b: '2', low: '3', high: '4', n: 5, p: '6' })
            : value(2, 3),
        ),
      ],
    ];
  return Object.entries(value as object).flatMap(([key, inner]) => said(inner, `${path}/${key}`));
}

it('says everything in both languages', () => {
  const [en, zh] = [said(texts.en), said(texts.zh)];
  expect(zh.map(([path]) => path).sort()).toEqual(en.map(([path]) => path).sort());
  for (const [path, text] of [...en, ...zh]) expect(text.trim(), path).not.toBe('');
  const untranslated = zh.filter(([path, text]) => !/\p{Script=Han}/u.test(text) && path !== '/working/other');
  expect(untranslated.map(([path]) => path)).toEqual(['/source/lookedUp']); // a tool's own name and input
});
