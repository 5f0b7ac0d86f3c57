import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Puts what one bench measured into the file of results, beside what the others did, with when and on what it was measured. */
export function keepResult(file: string | undefined, name: string, measured: unknown): void {
  if (file === undefined) return;
  const results: Record<string, unknown> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`;
  const load = Number((loadavg()[0] ?? 0).toFixed(1));
  results[name] = { date: new Date().toISOString().slice(0, 10), node: process.version, machine, load, measured };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}
