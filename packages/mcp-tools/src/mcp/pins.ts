import { FieldkitError, type JsonSchema, sha256 } from '@fieldkit/core';
import type { Tool as WireTool } from '@modelcontextprotocol/client';

/** What was agreed about a tool of somebody else's server: kept in the project, so that a later change is seen before a model reads it. */
export interface ToolPin {
  readonly hash: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema?: JsonSchema;
  /** Whether its server says that it only reads. */
  readonly readOnly?: boolean;
  /** What it says of whether it asks somebody outside. */
  readonly openWorld?: boolean;
}

/** Pins by the name that the server gives. */
export type ToolPins = Readonly<Record<string, ToolPin>>;

export function pinTools(tools: readonly WireTool[]): ToolPins {
  return Object.fromEntries(tools.map((tool) => [tool.name, pinOf(tool)]));
}

function pinOf({ name, title, description = '', inputSchema, outputSchema, annotations }: WireTool): ToolPin {
  return {
    hash: sha256(stable({ name, title, description, inputSchema, outputSchema, annotations })),
    description,
    inputSchema: { ...inputSchema },
    ...(outputSchema === undefined ? {} : { outputSchema: { ...outputSchema } }),
    ...(annotations?.readOnlyHint === true ? { readOnly: true } : {}),
    ...(annotations?.openWorldHint === undefined ? {} : { openWorld: annotations.openWorldHint }),
  };
}

/** A tool as it was pinned, for use before its server is asked. */
export function pinnedTool(name: string, pin: ToolPin): WireTool {
  const { description, inputSchema, outputSchema, readOnly = false, openWorld } = pin;
  return {
    name,
    description,
    inputSchema: { ...inputSchema, type: 'object' },
    ...(outputSchema === undefined ? {} : { outputSchema: { ...outputSchema, type: 'object' } }),
    annotations: { readOnlyHint: readOnly, ...(openWorld === undefined ? {} : { openWorldHint: openWorld }) },
  };
}

/**
 * @throws {FieldkitError} `TOOL_FORBIDDEN` with a diff when a tool is no longer what was pinned, or was never pinned.
 */
export function checkPin(tool: WireTool, pins: ToolPins): void {
  const pinned = pins[tool.name];
  if (pinned === undefined) {
    throw new FieldkitError(
      'TOOL_FORBIDDEN',
      `the tool ${tool.name} is new on its server; read its description, then pin it`,
    );
  }
  const found = pinOf(tool);
  if (found.hash === pinned.hash) return;
  const changes = [
    ...lineDiff(pinned.description, found.description),
    ...lineDiff(pretty(pinned.inputSchema), pretty(found.inputSchema)),
  ];
  throw new FieldkitError(
    'TOOL_FORBIDDEN',
    `the tool ${tool.name} has changed on its server since it was pinned; read the change, then pin it anew:\n${changes.slice(0, 40).join('\n') || '(title, output schema or annotations)'}`,
  );
}

/** Lines that were taken away (`-`) and added (`+`); common lines are left out. */
function lineDiff(before: string, after: string): string[] {
  const old = before.split('\n');
  const now = after.split('\n');
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}

function pretty(value: unknown): string {
  return JSON.stringify(JSON.parse(stable(value)), null, 1);
}

/** JSON with sorted keys: the same hash whatever order a server writes them in. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
