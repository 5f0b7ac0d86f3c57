import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { createLanceIndex } from './indexes/lance-index.ts';
import { checkLeaks } from './testing/check-leaks.ts';

it.each([
  ['exact search', {}],
  ['search structures', { scalarIndexesFrom: 1, approximateFrom: 1 }],
])('leaks nothing and loses nothing over random callers, filters and questions: %s', async (_, settings) => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-access-'));
  const index = await createLanceIndex({ directory, ...settings });
  try {
    await checkLeaks(index, 100);
  } finally {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
});
