import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as nodes from '@fieldkit/agent/plan';
import { FieldkitError } from '@fieldkit/core';
import { type ProjectConfig, projectConfigSchema } from './config-schema.ts';
import * as values from './config-values.ts';
import * as helpersOfProject from './define-project.ts';
import { configError } from './explain-config-error.ts';
import { loadError } from './explain-load-error.ts';
import { CONFIG_FILE } from './find-project.ts';

/** @throws {FieldkitError} `INVALID_CONFIG` naming path, value and the nearest known key. */
export function parseProjectConfig(value: unknown, where: string): ProjectConfig {
  const result = projectConfigSchema.safeParse(value);
  if (!result.success) throw configError(where, projectConfigSchema, value, result.error);
  const config = result.data;
  const problem = crossCheck(config);
  if (problem !== undefined)
    throw new FieldkitError('INVALID_CONFIG', `${where} is not a valid configuration:\n  ${problem}`);
  return config;
}

function crossCheck({ tools }: ProjectConfig): string | undefined {
  const names = tools.flatMap((tool) =>
    tool.kind === 'search-knowledge' ? ['search_knowledge'] : 'name' in tool ? [tool.name] : [],
  );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `tools: two tools are called "${twice}"; give one of them a \`name\``;
}

/** Loads `fieldkit.config.ts` of the folder `root` through Node's type stripping. */
export async function loadProjectConfig(root: string): Promise<ProjectConfig> {
  const path = join(root, CONFIG_FILE);
  const loaded: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    const helpers = [...Object.keys(nodes), ...Object.keys(helpersOfProject), ...Object.keys(values)];
    throw loadError(path, cause, helpers);
  });
  const config = loaded !== null && typeof loaded === 'object' ? Reflect.get(loaded, 'default') : undefined;
  if (config === undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${path} has no default export; write \`export default defineProject({ name: '…' })\``,
    );
  }
  return parseProjectConfig(config, path);
}
