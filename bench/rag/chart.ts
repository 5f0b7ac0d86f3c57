/**
 * Draws how the index grows: reads the results that scale.ts and hybrid.ts wrote, writes growth.svg and the tables in README.md beside them.
 * node --conditions=@fieldkit/source bench/rag/chart.ts [--results bench/rag/results.json]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

interface Row {
  readonly chunks: number;
  /** Load average of the machine at the end. */
  readonly load: number;
  readonly ours: Readonly<Record<string, number>>;
  readonly bare: Readonly<Record<string, number>>;
}

const { values } = parseArgs({ options: { results: { type: 'string', default: 'bench/rag/results.json' } } });
const { date, node, cpu, cpus, rows } = JSON.parse(readFileSync(values.results, 'utf8')) as {
  date: string;
  node: string;
  cpu: string;
  cpus: number;
  rows: Row[]; // written by scale.ts
};
const folder = dirname(values.results);

const PANELS = [
  { title: 'CPU to write, s', name: 'writeCpuS' },
  { title: 'peak memory while writing, MB', name: 'peakMb' },
  { title: 'CPU of a hybrid query, ms', name: 'hybridCpuMs' },
  { title: 'hybrid query p50, ms', name: 'hybridP50Ms' },
  { title: 'sync of an unchanged corpus, s', name: 'unchangedS' },
  { title: 'CPU of a sync after 1 % changed, s, mean of 10', name: 'changedMeanCpuS' },
] as const;
const WIDTH = 300;
const HEIGHT = 210;
const LEFT = 52;
const TOP = 34;
const BOTTOM = 30;

/** Both axes are logarithmic: a straight line of slope one is in proportion. */
function panel({ title, name }: (typeof PANELS)[number], index: number): string {
  const x0 = (index % 2) * WIDTH + LEFT;
  const y0 = Math.floor(index / 2) * HEIGHT + TOP;
  const [width, height] = [WIDTH - LEFT - 16, HEIGHT - TOP - BOTTOM];
  const series = [
    { label: 'fieldkit', color: '#1f6feb', points: rows.map(({ chunks, ours }) => [chunks, ours[name]]) },
    { label: 'bare client', color: '#8c959f', points: rows.map(({ chunks, bare }) => [chunks, bare[name]]) },
  ].map((one) => ({
    ...one,
    points: one.points.filter((point): point is [number, number] => (point[1] ?? 0) > 0),
  }));
  const all = series.flatMap(({ points }) => points);
  const log = (value: number) => Math.log10(value);
  const [low, high] = [
    Math.floor(log(Math.min(...all.map(([, y]) => y)))),
    Math.ceil(log(Math.max(...all.map(([, y]) => y)))),
  ];
  const [first, last] = [log(rows[0]?.chunks ?? 1), log(rows.at(-1)?.chunks ?? 10)];
  const x = (chunks: number) => x0 + ((log(chunks) - first) / Math.max(0.01, last - first)) * width;
  const y = (value: number) => y0 + height - ((log(value) - low) / Math.max(1, high - low)) * height;
  const decades = Array.from({ length: high - low + 1 }, (_, at) => low + at);
  const grid = decades.map((decade) => {
    const at = y(10 ** decade).toFixed(1);
    return `<line x1="${x0}" x2="${x0 + width}" y1="${at}" y2="${at}" stroke="#d0d7de"/><text x="${x0 - 6}" y="${at}" dy="4" text-anchor="end">${10 ** decade}</text>`;
  });
  const ticks = rows.map(
    ({ chunks }) =>
      `<text x="${x(chunks).toFixed(1)}" y="${y0 + height + 16}" text-anchor="middle">${chunks / 1000}k</text>`,
  );
  const lines = series
    .filter(({ points }) => points.length > 0)
    .map(({ color, points }) => {
      const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`);
      const dots = path.map(
        (at) => `<circle cx="${at.split(',')[0]}" cy="${at.split(',')[1]}" r="3" fill="${color}"/>`,
      );
      return `<polyline points="${path.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}`;
    });
  return `<text x="${x0}" y="${y0 - 12}" font-weight="bold">${title}</text>${grid.join('')}${ticks.join('')}${lines.join('')}`;
}

const bottom = Math.ceil(PANELS.length / 2) * HEIGHT;
const legend = `<circle cx="60" cy="${bottom + 12}" r="4" fill="#1f6feb"/><text x="70" y="${bottom + 16}">fieldkit</text><circle cx="150" cy="${bottom + 12}" r="4" fill="#8c959f"/><text x="160" y="${bottom + 16}">bare LanceDB client, same rows and same searches</text>`;
writeFileSync(
  join(folder, 'growth.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * WIDTH}" height="${bottom + 28}" font-family="sans-serif" font-size="11" fill="#24292f"><title>Growth of the index beside the bare LanceDB client</title><rect width="100%" height="100%" fill="#fff"/>${PANELS.map(panel).join('')}${legend}</svg>\n`,
);

const ratio = (a = 0, b = 1) => (a / b).toFixed(2);
const pair = ({ ours, bare }: Row, name: string) => `${ours[name]} / ${bare[name]} (${ratio(ours[name], bare[name])})`;
const table = [
  '| chunks | CPU to write, s | peak memory, MB | CPU of a hybrid query, ms | its p50, ms | recall@10 | under a 1 % filter | unchanged, s | 1 % changed, s CPU: first, mean of ten, most | hybrid query then, ms CPU, p50 | on disk, MB | load |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ...rows.map(
    (row) =>
      `| ${row.chunks.toLocaleString('en')} | ${pair(row, 'writeCpuS')} | ${pair(row, 'peakMb')} | ${pair(row, 'hybridCpuMs')} | ${pair(row, 'hybridP50Ms')} | ${row.ours.recall} | ${row.ours.recallFiltered} | ${row.ours.unchangedS} | ${row.ours.changedCpuS}, ${row.ours.changedMeanCpuS}, ${row.ours.changedMostCpuS} | ${row.ours.hybridCpuMsThen}, ${row.ours.hybridP50MsThen} | ${row.ours.diskMb} | ${row.load} |`,
  ),
].join('\n');
const readme = join(folder, 'README.md');
const measured = `Measured on ${date} with Node ${node} on ${cpus} × ${cpu}; fieldkit / bare client (ratio). "load" is the machine's load average over five minutes, with what ran before; where it is high, compare the two sides and the CPU, not the times.`;
const models = Object.entries(
  JSON.parse(readFileSync(join(folder, 'hybrid.json'), 'utf8')) as Record<
    string,
    { date: string; dimensions: number; ndcg10: Record<string, Record<string, number>> }
  >, // written by hybrid.ts
);
const FUSIONS = ['lexical', 'dense', 'default', 'minmaxEqual', 'rrf', 'denseWeight'];
const hybrid = models.map(([model, { date: on, dimensions, ndcg10 }]) =>
  [
    `${model} (${dimensions} dimensions, ${on}), nDCG@10:\n`,
    '| set | words alone | meaning alone | default | min-max, equal shares | reciprocal ranks | measured share of meaning |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...Object.entries(ndcg10).map(([set, scores]) => `| ${set} | ${FUSIONS.map((name) => scores[name]).join(' | ')} |`),
  ].join('\n'),
);

const sections: Record<string, string> = {
  growth: `${measured}\n\n${table}\n\n![growth](growth.svg)`,
  hybrid: hybrid.join('\n\n'),
};
let text = readFileSync(readme, 'utf8');
for (const [name, section] of Object.entries(sections)) {
  const place = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`);
  text = text.replace(place, () => `<!-- ${name} -->\n\n${section}\n\n<!-- /${name} -->`);
}
writeFileSync(readme, text);
console.log([table, ...hybrid].join('\n\n'));
