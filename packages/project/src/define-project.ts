import type { z } from 'zod';
import type { ProjectConfigInput } from './config-schema.ts';
import type { targetSpecSchema } from './evaluation-specs.ts';
import type { toolSpecSchema } from './tool-specs.ts';

type ToolSpecInput = z.input<typeof toolSpecSchema>;
type OptionsOf<Kind extends ToolSpecInput['kind']> = Omit<Extract<ToolSpecInput, { kind: Kind }>, 'kind'>;

type TargetSpecInput = z.input<typeof targetSpecSchema>;
type TargetOptionsOf<Kind extends TargetSpecInput['kind']> = Omit<Extract<TargetSpecInput, { kind: Kind }>, 'kind'>;

/** The project's configuration, as the default export of `fieldkit.config.ts`. Returns its argument; it is checked when it is loaded. */
export function defineProject(config: ProjectConfigInput): ProjectConfigInput {
  return config;
}

/** The built-in tool `search_knowledge`. */
export function searchKnowledge(options: OptionsOf<'search-knowledge'> = {}): ToolSpecInput {
  return { kind: 'search-knowledge', ...options };
}

/** The built-in tool `lookup_record`: typed lookups in the customer's system, described by its OpenAPI file. */
export function lookupRecord(options: OptionsOf<'lookup-record'>): ToolSpecInput {
  return { kind: 'lookup-record', ...options };
}

/** Operations of a customer's HTTP system, one tool each; those that change something need approval or a grant. */
export function openApiTools(options: OptionsOf<'openapi-tools'>): ToolSpecInput {
  return { kind: 'openapi-tools', ...options };
}

/** Rows of a read-only view of a database, asked by named columns. */
export function sqlView(options: OptionsOf<'sql-view'>): ToolSpecInput {
  return { kind: 'sql-view', ...options };
}

/** Rows of a CSV, TSV or Excel file, asked by named columns. */
export function tableFile(options: OptionsOf<'table'>): ToolSpecInput {
  return { kind: 'table', ...options };
}

/** Tools of somebody's MCP server, selected, renamed and pinned. */
export function mcpServer(options: OptionsOf<'mcp-server'>): ToolSpecInput {
  return { kind: 'mcp-server', ...options };
}

/** A tool of the project's own, made by `fieldkit tools new NAME`. */
export function customTool(options: OptionsOf<'custom'>): ToolSpecInput {
  return { kind: 'custom', ...options };
}

/** For `evaluation.targets`: prompt files on models, without retrieval and tools. */
export function promptTarget(options: TargetOptionsOf<'prompt'>): TargetSpecInput {
  return { kind: 'prompt', ...options };
}

/** For `evaluation.targets`: somebody's HTTP endpoint, with where its answer holds what. */
export function httpTarget(options: TargetOptionsOf<'http'>): TargetSpecInput {
  return { kind: 'http', ...options };
}

/** For `evaluation.targets`: a chat application of Dify. */
export function difyApp(options: TargetOptionsOf<'dify'>): TargetSpecInput {
  return { kind: 'dify', ...options };
}

/** For `evaluation.targets`: an application of Model Studio. */
export function modelStudioApp(options: TargetOptionsOf<'model-studio'>): TargetSpecInput {
  return { kind: 'model-studio', ...options };
}

/** For `evaluation.targets`: answers that somebody else made, in a file. */
export function outputsFile(options: TargetOptionsOf<'outputs'>): TargetSpecInput {
  return { kind: 'outputs', ...options };
}
