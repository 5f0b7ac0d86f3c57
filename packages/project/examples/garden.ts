/** A project made in a temporary folder, read, asked, and closed. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProject } from '@fieldkit/project';

const root = mkdtempSync(join(tmpdir(), 'fieldkit-garden-'));
mkdirSync(join(root, 'knowledge'));
writeFileSync(join(root, 'package.json'), '{"type":"module"}');
writeFileSync(join(root, 'fieldkit.config.ts'), "export default { name: 'garden' };\n");
writeFileSync(
  join(root, 'knowledge', 'roses.md'),
  '# Pruning\n\nShrub roses are pruned in late March, to five buds.\n',
);

const project = await openProject(root, { environment: {} });
try {
  const { documents, chunks } = await project.ingest();
  assert.deepEqual({ documents, chunks }, { documents: 1, chunks: 1 });

  for await (const event of project.ask('When are shrub roses pruned?')) {
    if (event.type === 'text-delta') process.stdout.write(event.text);
    if (event.type === 'run-end') {
      const [citation] = event.answer.citations;
      assert.match(citation?.quote ?? '', /late March/);
      console.log(`\n[1] ${citation?.source.title}: "${citation?.quote}"`);
    }
  }
} finally {
  await project.close();
  rmSync(root, { recursive: true, force: true });
}
