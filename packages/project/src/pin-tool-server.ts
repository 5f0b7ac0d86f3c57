import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FieldkitError, nearestName } from '@fieldkit/core';
import type { ToolPins } from '@fieldkit/mcp-tools';
import type { ProjectConfig } from './config-schema.ts';
import { readPins, remoteEntry } from './open-tools.ts';

export interface PinnedServer {
  /** Relative to the project. */
  readonly path: string;
  readonly pins: ToolPins;
  /** Names of tools that are new, changed or gone since they were last pinned. */
  readonly changed: readonly string[];
}

/**
 * Writes down what an MCP server of the configuration says of its tools, so that a later change is refused until somebody has read it.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for a server that the configuration does not name or that has no `pins` file; `TOOL_UNAVAILABLE`.
 */
export async function pinToolServer(
  { root, config }: { readonly root: string; readonly config: Pick<ProjectConfig, 'tools'> },
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<PinnedServer> {
  const servers = config.tools.filter((spec) => spec.kind === 'mcp-server');
  const spec = servers.find((server) => server.name === name);
  if (spec === undefined) {
    const names = servers.map((server) => server.name);
    const near = nearestName(name, names);
    const known = names.length === 0 ? 'the configuration names none' : `there are: ${names.join(', ')}`;
    throw new FieldkitError(
      'INVALID_OPTION',
      `there is no MCP server "${name}"; ${near === undefined ? known : `did you mean ${near}?`}`,
    );
  }
  if (spec.pins === undefined) {
    throw new FieldkitError('INVALID_OPTION', `tools.${name} has no pins; add pins: 'tools/${name}.pins.json' to it`);
  }
  const { pinServer } = await import('@fieldkit/mcp-tools');
  const before = readPins(spec, root);
  const pins = await pinServer(remoteEntry(spec, { root, environment }));
  const names = new Set([...Object.keys(before), ...Object.keys(pins)]);
  const changed = [...names].filter((tool) => before[tool]?.hash !== pins[tool]?.hash);
  writeFileSync(join(root, spec.pins), `${JSON.stringify(pins, null, 2)}\n`);
  return { path: spec.pins, pins, changed };
}
