import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFieldkitError, type Tool } from '@fieldkit/core';
import { expect, it, onTestFinished } from 'vitest';
import { connectTools } from './connect-tools.ts';
import { pinServer, type StdioServer } from './remote-source.ts';

/** MCP's reference servers, consumed as a project consumes somebody's server. */
const require = createRequire(import.meta.url);
const serverOf = (name: string, ...args: string[]): StdioServer => ({
  command: process.execPath,
  args: [require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`), ...args],
});
const context = { caller: { tenant: 'acme', subject: 'lee', groups: [] }, callId: 'run-1/3' };
const approve = async () => true;

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'fieldkit server ')));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function connected(...args: Parameters<typeof connectTools>): Promise<(name: string) => Tool> {
  const { tools, findings, close } = await connectTools(...args);
  onTestFinished(close);
  expect(findings).toEqual([]);
  return (name) => {
    const tool = tools.find((candidate) => candidate.name === name);
    if (tool === undefined) throw new Error(`no ${name} among ${tools.map((known) => known.name).join(', ')}`);
    return tool;
  };
}

it('consumes server-everything: text, structured output, numbers', async () => {
  const tool = await connected([{ stdio: serverOf('everything') }], { policy: { approve } });
  expect((await tool('echo').run({ message: 'hello' }, context)).text).toContain('hello');
  expect((await tool('get-sum').run({ a: 2, b: 40 }, context)).text).toContain('42');
  const weather = await tool('get-structured-content').run({ location: 'Chicago' }, context);
  expect(weather.data).toMatchObject({ temperature: expect.any(Number), conditions: expect.any(String) });
  const refused = await tool('get-sum')
    .run({ a: 'two', b: 40 }, context)
    .catch((error: unknown) => error);
  expect(isFieldkitError(refused, 'TOOL_INVALID_INPUT')).toBe(true);
});

it('consumes server-filesystem: selected, renamed, read-only; what it refuses is words for a model', async () => {
  const root = folder();
  writeFileSync(join(root, 'note.txt'), 'The gate code changes in May.');
  const stdio = serverOf('filesystem', root);
  const pins = await pinServer({ stdio, select: ['read_text_file'] });
  expect(Object.keys(pins)).toEqual(['read_text_file']);
  const tool = await connected([
    { stdio, select: ['read_text_file', 'write_file'], change: { read_text_file: { name: 'read_note' } } },
  ]);
  const found = await tool('read_note').run({ path: join(root, 'note.txt') }, context);
  expect(found).toMatchObject({ isError: false, text: 'The gate code changes in May.' });
  const outside = await tool('read_note').run({ path: '/etc/hostname' }, context);
  expect(outside).toMatchObject({ isError: true, text: expect.stringContaining('Access denied') });
  expect(tool('write_file').effects).toBe('write');
  const write = tool('write_file').run({ path: join(root, 'note.txt'), content: '' }, context);
  await expect(write).rejects.toMatchObject({ code: 'TOOL_NEEDS_APPROVAL' });
  expect(readFileSync(join(root, 'note.txt'), 'utf8')).toContain('May');
});

it('consumes server-memory: writes with approval, and reads them back', async () => {
  const path = join(folder(), 'memory.jsonl');
  const stdio = { ...serverOf('memory'), env: { MEMORY_FILE_PATH: path } };
  const tool = await connected([{ stdio }], { policy: { grants: ['create_entities'] } });
  const entity = { name: 'Pump 7', entityType: 'pump', observations: ['seal changed in March'] };
  await tool('create_entities').run({ entities: [entity] }, context);
  const found = await tool('search_nodes').run({ query: 'seal' }, context);
  expect(found.data).toMatchObject({ entities: [entity] });
  expect(readFileSync(path, 'utf8')).toContain('Pump 7');
});
