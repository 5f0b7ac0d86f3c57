import { expect, it } from 'vitest';
import { exportedVendors } from './exported-vendors.ts';
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

it('finds a vendor in an exported type, through files and names, and passes over what is not exported', () => {
  const files: Record<string, string> = {
    '/index.d.ts': "export { make, type Options } from './make.d.ts';\nexport type { Plain } from './plain.d.ts';\n",
    '/make.d.ts':
      "import type { Client as C } from 'vendor';\nimport { type Shape } from './plain.d.ts';\nexport interface Options {\n    readonly shape: Shape;\n}\nexport declare function make(options: Options): Inner;\ninterface Inner {\n    client: C;\n}\nexport declare function unused(client: C): void;\n",
    '/plain.d.ts':
      "import type { Client } from 'vendor';\nexport interface Plain {\n    a: string;\n}\nexport type Shape = Plain;\nexport declare function hidden(c: Client): void;\n",
  };
  const found = exportedVendors(
    '/index.d.ts',
    (file) => files[file],
    (_, specifier) => specifier.slice(1),
    (specifier) => (specifier === 'vendor' ? 'vendor' : undefined),
  );
  expect(found).toEqual([{ file: '/make.d.ts', name: 'make', vendor: 'vendor' }]);
});
