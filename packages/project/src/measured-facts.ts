import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { type ModelFacts, type ModelFactsTable, modelFactsSchema } from '@fieldkit/models/facts';
import { z } from 'zod';

/** Beside the configuration, so that it is kept with it: what `fieldkit doctor --live` found, by host. */
export const FACTS_FILE = 'fieldkit.facts.json';

const schema = z.strictObject({
  hosts: z.record(
    z.string(),
    z.strictObject({
      /** ISO date of the last measurement. */
      asOf: z.iso.date(),
      models: z.record(z.string(), modelFactsSchema),
    }),
  ),
});

/**
 * What was measured at a host and differs from the known facts.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a file that is none of ours.
 */
export function readMeasuredFacts(root: string, host: string): ModelFactsTable {
  return readFile(root).hosts[host]?.models ?? {};
}

/** What was found out about a model: which facts, and those of them that differ from what was believed. */
export interface Measurement {
  readonly decided: readonly (keyof ModelFacts)[];
  readonly differing: ModelFacts;
}

/** Keeps what differs at a host. A fact that was measured and does not differ is taken out; what was not measured stays as it was. */
export function writeMeasuredFacts(
  root: string,
  host: string,
  asOf: string,
  measured: Readonly<Record<string, Measurement>>,
): string {
  const file = readFile(root);
  const before = file.hosts[host]?.models ?? {};
  const names = new Set([...Object.keys(before), ...Object.keys(measured)]);
  const models = Array.from(names, (name): [string, ModelFacts] => {
    const decided = new Set<string>(measured[name]?.decided);
    const kept = Object.entries(before[name] ?? {}).filter(([fact]) => !decided.has(fact));
    return [name, { ...Object.fromEntries(kept), ...measured[name]?.differing }];
  }).filter(([, facts]) => Object.keys(facts).length > 0);
  const { [host]: _, ...others } = file.hosts;
  const hosts = models.length === 0 ? others : { ...others, [host]: { asOf, models: Object.fromEntries(models) } };
  const path = join(root, FACTS_FILE);
  const partial = `${path}.partial`;
  writeFileSync(partial, `${JSON.stringify({ hosts }, undefined, 2)}\n`);
  renameSync(partial, path);
  return path;
}

function readFile(root: string): z.output<typeof schema> {
  const path = join(root, FACTS_FILE);
  if (!existsSync(path)) return { hosts: {} };
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${path} cannot be used: ${reason}; mend it, or remove it and run \`fieldkit doctor --live\` again`,
      { cause },
    );
  }
}
