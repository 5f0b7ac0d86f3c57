import { expect, it } from 'vitest';
import { asTyped } from './command.ts';

it('gives the commands of a message as this user types them, for the same project', () => {
  const input = { positionals: [], options: { project: '../my desk' } };
  const typed = (text: string) => asTyped(text, { self: 'pnpm fieldkit' }, input);
  expect(typed('nothing is indexed yet; run `fieldkit ingest` first')).toBe(
    'nothing is indexed yet; run `pnpm fieldkit ingest --project "../my desk"` first',
  );
  expect(typed('make one with `fieldkit init DIR`')).toBe('make one with `pnpm fieldkit init DIR`');
  expect(asTyped('see `fieldkit status`', { self: 'fieldkit' }, { positionals: [], options: {} })).toBe(
    'see `fieldkit status`',
  );
});
