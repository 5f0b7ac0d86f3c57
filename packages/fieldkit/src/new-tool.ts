import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FieldkitError } from '@fieldkit/core';

/** Folder of a project's own tools. */
export const TOOLS_FOLDER = 'tools';

/**
 * Writes a tool that works, keeps to the standard and has a test, to start from. Nothing is overwritten.
 *
 * @returns the written paths, relative to the project, the tool first.
 * @throws {FieldkitError} `INVALID_OPTION` for a name that is none, or that is taken.
 */
export function newTool(root: string, name: string): readonly [string, string] {
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(name) || name.length > 64) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `a tool is called like find_branch or create_ticket (snake_case, verb and thing, at most 64 characters), not "${name}"`,
    );
  }
  const module = `${TOOLS_FOLDER}/${name}.ts`;
  const test = `${TOOLS_FOLDER}/${name}.test.ts`;
  const taken = [module, test].find((path) => existsSync(join(root, path)));
  if (taken !== undefined) throw new FieldkitError('INVALID_OPTION', `${taken} is there already; nothing was written`);
  mkdirSync(join(root, TOOLS_FOLDER), { recursive: true });
  writeFileSync(join(root, module), toolText(name), { flag: 'wx' });
  writeFileSync(join(root, test), testText(name), { flag: 'wx' });
  return [module, test];
}

function toolText(name: string): string {
  return `import { defineTool, refuse, z } from '@fieldkit/mcp-tools';

// Stands for the customer's system: replace it by a call of it, with \`fetch\` or a client of its own.
const records = new Map([
  ['AB-1042', { number: 'AB-1042', state: 'open' as const, changedOn: '2026-03-02' }],
  ['AB-1043', { number: 'AB-1043', state: 'closed' as const, changedOn: '2026-03-09' }],
]);

export default defineTool({
  name: '${name}',
  // A model chooses by this: what it does, when to use it, when not.
  description:
    'Returns the state of one record and when it last changed. Use it when a question names a record by its number. Do not use it for general rules: they stand in the documents.',
  input: z.strictObject({
    number: z
      .string()
      .regex(/^[A-Z]{2}-\\d{4}$/)
      .meta({ description: 'Number of the record: two letters, a hyphen, four digits', examples: ['AB-1042'] }),
  }),
  output: z.strictObject({
    number: z.string(),
    state: z.enum(['open', 'closed']),
    changedOn: z.iso.date().meta({ title: 'Last changed' }),
  }),
  // 'write' for a tool that changes something: it then needs approval, or a place under \`granted\` in the configuration.
  effects: 'read',
  timeoutMs: 10_000,
  async run({ number }) {
    return records.get(number) ?? refuse(\`there is no record \${number}\`);
  },
});
`;
}

function testText(name: string): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintTools } from '@fieldkit/mcp-tools';
import tool from './${name}.ts';

const context = { caller: { tenant: 'default', subject: 'test', groups: [] }, callId: 'test' };

test('${name} keeps to the standard', () => {
  assert.deepEqual(lintTools([tool]), []);
});

test('${name} returns a record as data and as lines that can be quoted', async () => {
  const { data, text, isError } = await tool.run({ number: 'AB-1042' }, context);
  assert.equal(isError, false);
  assert.deepEqual(data, { number: 'AB-1042', state: 'open', changedOn: '2026-03-02' });
  assert.match(text, /state: open/);
});

test('${name} says what the system has not, in words that a model can read', async () => {
  const { text, isError } = await tool.run({ number: 'ZZ-9999' }, context);
  assert.equal(isError, true);
  assert.match(text, /no record ZZ-9999/);
});

test('${name} refuses an input that does not fit', async () => {
  await assert.rejects(() => tool.run({ number: '1042' }, context), { code: 'TOOL_INVALID_INPUT' });
});
`;
}
