import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from '../index-contract.ts';
import { describeIndex } from '../testing/describe-index.ts';
import { createLanceIndex } from './lance-index.ts';

describeIndex('lance', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  const handles: Index[] = [];
  const reopen = async () => {
    const handle = await createLanceIndex({ directory });
    handles.push(handle);
    return handle;
  };
  return {
    index: await reopen(),
    reopen,
    async cleanUp() {
      for (const handle of handles) await handle.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});
