// Reads files in child processes within limits, shows what was found and lost, and cuts them into chunks that can be cited.
//   node --conditions=@fieldkit/source packages/ingest/examples/read-folder.ts
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFieldkitError } from '@fieldkit/core';
import { createParserPool, documentToMarkdown, segmentDocument } from '@fieldkit/ingest';

const folder = await mkdtemp(join(tmpdir(), 'ingest-'));
await writeFile(
  join(folder, 'limits.md'),
  '# Limits\n\n| Part | Pressure |\n| --- | --- |\n| A1 | 4 bar |\n| B2 | 6 bar |\n',
);
await writeFile(
  join(folder, 'notice.txt'),
  Buffer.from('b9abcbbed6c6b6a8c1cbd0c2b5c4b0b2c8abb9dcc0edb0ecb7a8a1a3', 'hex'),
); // GB18030
await writeFile(join(folder, 'broken.pdf'), '<html>404</html>');

const pool = createParserPool({ processes: 2, limits: { timeoutMs: 20_000, memoryMb: 500 } });
try {
  const limits = await pool.parse({ path: join(folder, 'limits.md'), uri: 'limits.md', tenant: 'acme', groups: [] });
  console.log(documentToMarkdown(limits));
  const [chunk] = segmentDocument(limits, { maxTokens: 400 });
  assert.equal(chunk?.text, limits.text.slice(chunk?.start, chunk?.end));

  const notice = await pool.parse({ path: join(folder, 'notice.txt'), uri: 'notice.txt', tenant: 'acme', groups: [] });
  console.log(notice.language, notice.metadata.encoding, notice.text);
  assert.equal(notice.text, '公司制定了新的安全管理办法。');

  const failure = await pool
    .parse({ path: join(folder, 'broken.pdf'), uri: 'broken.pdf', tenant: 'acme', groups: [] })
    .catch((error: unknown) => error);
  assert(isFieldkitError(failure, 'FILE_TYPE_UNKNOWN'));
  console.log(failure.message);
} finally {
  await pool.close();
  await rm(folder, { recursive: true });
}
