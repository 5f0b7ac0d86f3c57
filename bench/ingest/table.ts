/**
 * The table of README.md from results.json.
 * node --conditions=@fieldkit/source bench/ingest/table.ts [--results bench/ingest/results.json]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

interface Kept<T> {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly load: number;
  readonly measured: T;
}
type Means = Readonly<Record<string, Readonly<Record<string, number>>>>;
interface Results {
  readonly score: Kept<{ readonly pagesPerCpuSecond?: number; readonly lowestText: number; readonly means: Means }>;
  readonly robust: Kept<{ readonly files: number; readonly asExpected: number; readonly slowestMs: number }>;
  readonly pool: Kept<{
    readonly measured: readonly {
      processes: number;
      pagesPerSecond: number;
      gain: number;
      pagesPerCpuSecond?: number;
    }[];
  }>;
  readonly segmentation: Kept<
    Readonly<Record<string, { recall: number; iou: number; characters: number; gain?: number }>>
  >;
}

const { values } = parseArgs({ options: { results: { type: 'string', default: 'bench/ingest/results.json' } } });
const results = JSON.parse(readFileSync(values.results, 'utf8')) as Results; // written by the benches beside it
const { score, robust, pool, segmentation } = results;
const figure = (value: number | undefined) => (value === undefined ? '' : value.toFixed(3));
const columns = ['overall', 'nid', 'teds', 'mhs', 'f1', 'facts'] as const;
const rows = Object.entries(score.measured.means).map(
  ([group, means]) =>
    `| ${group} (${means.documents}) | ${columns.map((column) => figure(means[column])).join(' | ')} |`,
);
const { baseline, structure } = segmentation.measured;
const lines = [
  `Measured on ${score.date} with Node ${score.node} on ${score.machine}.`,
  '',
  `| documents | ${columns.map((column) => (column === 'overall' ? column : column.toUpperCase())).join(' | ')} |`,
  `| --- |${' --- |'.repeat(columns.length)}`,
  ...rows,
  '',
  `- The lowest of the text files: ${figure(score.measured.lowestText)}.`,
  `- Hostile and damaged files: ${robust.measured.asExpected} of ${robust.measured.files} as their manifest says, the slowest after ${(robust.measured.slowestMs / 1000).toFixed(1)} s.`,
  ...(score.measured.pagesPerCpuSecond === undefined
    ? []
    : [
        `- ${score.measured.pagesPerCpuSecond.toFixed(1)} pages per CPU second in one process, over all documents above.`,
      ]),
  `- The pool: ${pool.measured.measured.map(({ processes, pagesPerSecond, gain, pagesPerCpuSecond }) => `${processes} ${processes === 1 ? 'process' : 'processes'} ${pagesPerSecond} pages per second (${gain} x${pagesPerCpuSecond === undefined ? '' : `, ${pagesPerCpuSecond} per CPU second with their start`})`).join(', ')}; load average ${pool.load}.`,
  ...(baseline === undefined || structure === undefined
    ? []
    : [
        `- Chunks by structure: recall ${figure(structure.recall)} and intersection over union ${structure.iou.toFixed(4)} (${figure(structure.gain)} x) with chunks of ${structure.characters.toFixed(0)} characters; LangChain's recursive splitter ${figure(baseline.recall)} and ${baseline.iou.toFixed(4)} with ${baseline.characters.toFixed(0)}. Ours are indexed with their context.`,
      ]),
];
const path = new URL('README.md', import.meta.url);
const readme = readFileSync(path, 'utf8');
writeFileSync(path, readme.replace(/(<!-- figures -->)[\s\S]*(<!-- \/figures -->)/, `$1\n\n${lines.join('\n')}\n\n$2`));
