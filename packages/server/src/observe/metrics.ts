/** Counters, gauges and histograms in Prometheus' text format 0.0.4. */
export interface Metrics {
  /** Adds to a counter; its name ends in `_total`. */
  count(name: string, labels?: Labels, amount?: number): void;
  /** Puts a value into a histogram, in the unit that the name says. */
  observe(name: string, labels: Labels, value: number): void;
  /** Everything, as text. */
  text(): string;
}

export type Labels = Readonly<Record<string, string>>;

export interface MetricDeclaration {
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[];
  /** Reads a gauge (or a counter that somebody else keeps) when it is asked for. */
  readonly read?: () => number;
}

interface Series {
  readonly labels: Labels;
  value: number;
  readonly counts: number[];
  observations: number;
}

/** Sets of label values per metric; more are counted under no label, so that no client can fill the memory. */
const MOST_SERIES = 1_000;

/** @param declarations By name; only declared metrics are kept. */
export function createMetrics(declarations: Readonly<Record<string, MetricDeclaration>>): Metrics {
  const kept = new Map<string, Map<string, Series>>();
  const seriesOf = (name: string, labels: Labels): Series => {
    const all = kept.get(name) ?? new Map<string, Series>();
    kept.set(name, all);
    const wanted = labelText(labels);
    const key = all.has(wanted) || all.size < MOST_SERIES ? wanted : '';
    const known = all.get(key);
    if (known !== undefined) return known;
    const buckets = declarations[name]?.buckets ?? [];
    const made = { labels: key === '' ? {} : labels, value: 0, counts: buckets.map(() => 0), observations: 0 };
    all.set(key, made);
    return made;
  };
  return {
    count(name, labels = {}, amount = 1) {
      seriesOf(name, labels).value += amount;
    },
    observe(name, labels, value) {
      const series = seriesOf(name, labels);
      series.value += value;
      series.observations += 1;
      const at = (declarations[name]?.buckets ?? []).findIndex((bound) => value <= bound);
      if (at !== -1) series.counts[at] = (series.counts[at] ?? 0) + 1;
    },
    text() {
      const lines: string[] = [];
      for (const [name, { help, type, read, buckets = [] }] of Object.entries(declarations)) {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
        if (read !== undefined) lines.push(`${name} ${read()}`);
        for (const { labels, value, counts, observations } of kept.get(name)?.values() ?? []) {
          if (type !== 'histogram') {
            lines.push(`${name}${braces(labelText(labels))} ${value}`);
            continue;
          }
          let sum = 0;
          for (const [index, bound] of buckets.entries()) {
            sum += counts[index] ?? 0;
            lines.push(`${name}_bucket${braces(labelText({ ...labels, le: String(bound) }))} ${sum}`);
          }
          lines.push(`${name}_bucket${braces(labelText({ ...labels, le: '+Inf' }))} ${observations}`);
          lines.push(`${name}_sum${braces(labelText(labels))} ${value}`);
          lines.push(`${name}_count${braces(labelText(labels))} ${observations}`);
        }
      }
      return `${lines.join('\n')}\n`;
    },
  };
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
    )
    .join(',');
}

function braces(text: string): string {
  return text === '' ? '' : `{${text}}`;
}
