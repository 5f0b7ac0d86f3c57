import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Caller, FieldkitError, type Finding } from '@fieldkit/core';
import type { TriedTool } from '@fieldkit/mcp-tools';
import { describeValue, type Project } from '@fieldkit/project';

/** Inputs for the trial that a project gives itself, by tool name. */
export const INPUTS_FILE = 'tools/inputs.json';

export interface CheckToolsOptions {
  readonly caller: Caller;
  /** Whether the tools are called. Default true. */
  readonly calls?: boolean;
  /** JSON file of real inputs by tool name. Default `tools/inputs.json`, when there is one. */
  readonly inputs?: string | undefined;
  /** Folder for the specification and the sheets; default none. */
  readonly out?: string | undefined;
  readonly signal?: AbortSignal;
}

export interface ToolCheck {
  readonly tools: number;
  readonly findings: readonly Finding[];
  readonly tried: readonly TriedTool[];
  readonly errors: number;
  /** Paths of the files. */
  readonly written: readonly string[];
}

/** Holds the tools of a project to the standard, tries them, and writes what is handed over with them. */
export async function checkTools(project: Project, options: CheckToolsOptions): Promise<ToolCheck> {
  const { lintTools, toolSpecification, trialTable, tryTools } = await import('@fieldkit/mcp-tools');
  const { caller, calls = true, out, signal } = options;
  const { root } = project.paths;
  const inputs = readInputs(options.inputs ?? join(root, INPUTS_FILE), options.inputs !== undefined);
  const tools = await project.tools();
  const trial = calls
    ? await tryTools(tools, { caller, inputs, ...(signal === undefined ? {} : { signal }) })
    : { tried: [], findings: [] };
  const findings = [...lintTools(tools), ...trial.findings];
  const files: Record<string, string> = {};
  if (out !== undefined) {
    const { markdown, json } = toolSpecification(tools);
    files['tools.md'] = calls ? `${markdown}\n## Trial\n\n${trialTable(trial.tried)}` : markdown;
    files['tools.json'] = `${JSON.stringify(json, null, 2)}\n`;
    Object.assign(files, await assessments(project));
    mkdirSync(out, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(out, name), text);
  }
  return {
    tools: tools.length,
    findings,
    tried: trial.tried,
    errors: findings.filter(({ severity }) => severity === 'error').length,
    written: out === undefined ? [] : Object.keys(files).map((name) => resolve(out, name)),
  };
}

/** The integration assessment sheet of each customer system that is described by an OpenAPI file. */
async function assessments({ config, paths }: Project): Promise<Record<string, string>> {
  const { assessApi } = await import('@fieldkit/mcp-tools');
  const sheets = config.tools.flatMap((spec) => {
    if (spec.kind !== 'lookup-record' && spec.kind !== 'openapi-tools') return [];
    const { markdown } = assessApi({
      openapi: join(paths.root, spec.openapi),
      baseUrl: describeValue(spec.baseUrl),
      auth: spec.auth?.kind ?? 'none',
      ...(spec.operations === undefined ? {} : { operations: spec.operations }),
    });
    return [[`assessment-${spec.name.replaceAll('_', '-')}.md`, markdown] as const];
  });
  return Object.fromEntries(sheets);
}

function readInputs(path: string, isNamed: boolean): Readonly<Record<string, readonly unknown[]>> {
  if (!existsSync(path) && !isNamed) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new TypeError('it is no object');
    return Object.fromEntries(
      Object.entries(value).map(([tool, list]) => {
        if (!Array.isArray(list)) throw new TypeError(`${tool} is no list`);
        return [tool, list];
      }),
    );
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new FieldkitError(
      'INVALID_OPTION',
      `cannot take inputs from ${path}: ${message}; it must be {"TOOL":[{…}]}`,
      { cause },
    );
  }
}
