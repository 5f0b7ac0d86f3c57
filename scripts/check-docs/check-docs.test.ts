import { expect, it } from 'vitest';
import { problemsOf } from './problems-of.ts';

const surroundings = {
  commands: new Set(['ask']),
  exists: (path: string) => path === 'there.md',
  read: (path: string) => (path === 'examples/a.ts' ? 'const a = 1;\n\nconst b = 2;\n' : undefined),
};
const messages = (text: string) => problemsOf(text, surroundings).map(({ line, message }) => `${line} ${message}`);

it('accepts links that lead somewhere, code that is in its file, and commands that exist', () => {
  expect(
    messages(
      '[a](there.md#part) [b](https://x.example)\n\n```ts\n// examples/a.ts\nconst b = 2;\n```\n\n`fieldkit ask "q"`\n',
    ),
  ).toEqual([]);
});

it('finds a dead link, a changed example, a missing file and an unknown command', () => {
  expect(
    messages(
      '[a](gone.md)\n```ts\n// examples/a.ts\nconst b = 3;\n```\n```ts\n// examples/c.ts\n```\n```sh\npnpm fieldkit fly\n```\n',
    ),
  ).toEqual([
    '2 shows code that is not part of examples/a.ts',
    '6 names examples/c.ts, which does not exist',
    '1 links to gone.md, which does not exist',
    '9 mentions `fieldkit fly`, which is no command',
  ]);
});
