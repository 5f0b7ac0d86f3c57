/** A folder of documents becomes a service that any OpenAI client can ask. Runs offline: the stand-in answers extractively. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProject } from '@fieldkit/project';
import { createServer, newKey } from '@fieldkit/server';

const root = mkdtempSync(join(tmpdir(), 'fieldkit-example-'));
mkdirSync(join(root, 'knowledge'));
writeFileSync(join(root, 'package.json'), '{"type":"module"}');
writeFileSync(join(root, 'fieldkit.config.ts'), "export default { name: 'tea-desk' };");
writeFileSync(join(root, 'knowledge/tea.md'), '# Green tea\n\nSteep green tea for 90 seconds at 75 °C.\n');
const project = await openProject(root, { environment: {} });
await project.ingest();

const { key } = newKey(join(root, 'keys.json'), { name: 'chat client', tenant: 'default' });
const server = createServer(project, { config: { logLevel: 'silent' } });
const { url } = await server.listen({ port: 0 });

const response = await fetch(`${url}/v1/chat/completions`, {
  method: 'POST',
  headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'tea-desk', messages: [{ role: 'user', content: 'How long does green tea steep?' }] }),
});
const { choices, fieldkit } = JSON.parse(await response.text());

assert.match(choices[0].message.content, /90 seconds.*\[1\]/);
assert.match(fieldkit.citations[0].quote, /^Steep green tea for 90 seconds/);
assert.equal((await fetch(`${url}/v1/models`)).status, 401, 'nobody asks without a key');

await server.close();
await project.close();
rmSync(root, { recursive: true, force: true });
