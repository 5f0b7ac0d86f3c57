import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** All prompt files of a project by name, also those that no node reads. */
export function promptFiles(root: string): Record<string, { text: string }> {
  const folder = join(root, 'prompts');
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort();
  return Object.fromEntries(
    names.map((name) => [name.slice(0, -'.md'.length), { text: readFileSync(join(folder, name), 'utf8') }]),
  );
}
