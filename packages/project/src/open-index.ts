import { FieldkitError } from '@fieldkit/core';
import type { Index } from '@fieldkit/rag';
import type { ProjectConfig } from './config-schema.ts';
import { describeValue, resolveValue } from './config-values.ts';
import type { ProjectPaths } from './find-project.ts';

/**
 * The index of a project, of the engine that its configuration names; `engine` overrides it.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when Qdrant's address is not set.
 */
export async function openIndex(
  config: ProjectConfig,
  paths: ProjectPaths,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Index> {
  const { createLanceIndex, createQdrantIndex } = await import('@fieldkit/rag');
  if (config.index.engine === 'lance') {
    const { idf } = config.index;
    return createLanceIndex({ directory: paths.index, ...(idf === undefined ? {} : { idf }) });
  }
  const { engine: _, han: __, url: address, apiKey: key, name = config.name, ...collection } = config.index;
  const url = resolveValue(address, environment);
  if (url === undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `index.url: ${describeValue(address)} is not set; set it to the address of the Qdrant server`,
    );
  }
  const apiKey = resolveValue(key, environment);
  return createQdrantIndex({ url, name, ...(apiKey === undefined ? {} : { apiKey }), ...collection });
}
