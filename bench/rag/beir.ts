/**
 * Scores our retrieval on folders in BEIR layout.
 * node --conditions=@fieldkit/source bench/rag/beir.ts DIR... [--anserini] [--bigrams] [--run OUT.trec] [--json]
 */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluateBeir, formatTrecRun } from '../../packages/rag/src/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    anserini: { type: 'boolean', default: false },
    bigrams: { type: 'boolean', default: false },
    run: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
for (const directory of positionals) {
  const started = performance.now();
  const result = await evaluateBeir({
    directory,
    ...(values.anserini ? { bm25: { k1: 0.9, b: 0.4, lengths: 'lucene' } } : {}),
    analyzer: { han: values.bigrams ? 'bigrams' : 'words' },
  });
  if (values.run !== undefined) writeFileSync(values.run, formatTrecRun(result.rankings, 'fieldkit'));
  const { mean, intervals, queries, documents } = result;
  const seconds = (performance.now() - started) / 1000;
  if (values.json)
    console.log(JSON.stringify({ set: basename(directory), queries, documents, mean, intervals, seconds }));
  else {
    const { low, high } = intervals['ndcg@10'];
    const figures = Object.entries(mean).map(([name, value]) => `${name} ${value.toFixed(4)}`);
    console.log(
      `${basename(directory)}  ${figures.join('  ')}  (nDCG@10 95 % ${low.toFixed(3)}–${high.toFixed(3)}; ${seconds.toFixed(1)} s)`,
    );
  }
}
