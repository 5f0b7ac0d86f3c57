import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { FieldkitError } from '@fieldkit/core';
import { TOOLS_FOLDER } from './new-tool.ts';

export interface TestedTools {
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly message: string }[];
}

/**
 * Runs the tests beside a project's own tools, in this process, where our packages are found also from a project that has none installed.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when there are none.
 */
export async function testTools(root: string, name: string | undefined, signal: AbortSignal): Promise<TestedTools> {
  const folder = join(root, TOOLS_FOLDER);
  const all = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.test.ts')) : [];
  const files = name === undefined ? all : all.filter((file) => file === `${name}.test.ts`);
  if (files.length === 0) {
    const wanted = name === undefined ? 'no *.test.ts' : `no ${name}.test.ts`;
    throw new FieldkitError('INVALID_OPTION', `there is ${wanted} in ${folder}; make a tool with: tools new NAME`);
  }
  const failed: { name: string; message: string }[] = [];
  let passed = 0;
  for await (const event of run({ files: files.map((file) => join(folder, file)), isolation: 'none', signal })) {
    if (event.type === 'test:pass' && event.data.details.type !== 'suite') passed += 1;
    if (event.type === 'test:fail' && event.data.details.type !== 'suite') {
      const { cause, message } = event.data.details.error;
      failed.push({ name: event.data.name, message: cause instanceof Error ? cause.message : message });
    }
  }
  return { passed, failed };
}
