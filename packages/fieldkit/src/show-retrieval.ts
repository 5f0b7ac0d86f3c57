/** One step of a search, as a run keeps it or as the retriever tells it. */
export interface ShownStep {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Titles, best first. */
  readonly kept: readonly string[];
  readonly dropped: readonly string[];
  readonly durationMs: number;
  readonly details: Readonly<Record<string, unknown>>;
}

/** `lexical    0 -> 12     3 ms  depth 50; best: Pump manual › Seals`. */
export function retrievalLine({ name, before, after, kept, dropped, durationMs, details }: ShownStep): string {
  const counts = after === undefined || name === 'embed' ? '' : `${before} -> ${after}`;
  const named = (label: string, titles: readonly string[]) =>
    titles.length === 0 ? [] : [`${label}: ${[...new Set(titles)].slice(0, 3).join(', ')}`];
  const told = Object.entries(details).map(([key, value]) => `${key} ${short(value)}`);
  const about = [told.join(', '), ...named('best', kept), ...named('left out', dropped)].filter((text) => text !== '');
  return `${name.padEnd(10)} ${counts.padEnd(9)} ${durationMs.toFixed(0).padStart(4)} ms  ${about.join('; ')}`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
  return text.length <= 60 ? text : `${text.slice(0, 60)} …`;
}
