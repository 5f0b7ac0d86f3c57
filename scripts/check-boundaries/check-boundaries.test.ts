import { expect, it } from 'vitest';
import { findCircle } from './find-circle.ts';
import { importsOf } from './imports-of.ts';

it('sees static, dynamic, side-effect and type imports, and passes over comments', () => {
  const source =
    "import { a } from 'a';\nimport type {\n  B,\n} from './b.ts';\n// import 'no';\nimport 'c';\nexport * from 'd';\nconst e = await import('e');\n/* import 'f' */";
  expect(importsOf(source).map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
    '1 a',
    '4 ./b.ts',
    '6 c',
    '7 d',
    '8 e',
  ]);
});

it('finds a circle and names its path', () => {
  expect(
    findCircle(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
  ).toEqual(['b', 'c', 'b']);
});

it('accepts a diamond', () => {
  expect(
    findCircle(
      new Map([
        ['a', ['b', 'c']],
        ['b', ['d']],
        ['c', ['d']],
      ]),
    ),
  ).toBeUndefined();
});
