import type { z } from 'zod';
import type { ProjectConfigInput, toolSpecSchema } from './config-schema.ts';

type ToolSpecInput = z.input<typeof toolSpecSchema>;

/** The project's configuration, as the default export of `fieldkit.config.ts`. Returns its argument; it is checked when it is loaded. */
export function defineProject(config: ProjectConfigInput): ProjectConfigInput {
  return config;
}

/** The built-in tool `search_knowledge`. */
export function searchKnowledge(
  options: Omit<Extract<ToolSpecInput, { kind: 'search-knowledge' }>, 'kind'> = {},
): ToolSpecInput {
  return { kind: 'search-knowledge', ...options };
}

/** The built-in tool `lookup_record`: typed lookups in the customer's system, described by its OpenAPI file. */
export function lookupRecord(options: Omit<Extract<ToolSpecInput, { kind: 'lookup-record' }>, 'kind'>): ToolSpecInput {
  return { kind: 'lookup-record', ...options };
}
