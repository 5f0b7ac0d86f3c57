/** One part of scale.ts: `scale-worker.ts bare|ours|search SIZE DIRECTORY`, prints its measurements as JSON. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { analyzeText, type Chunk, type Embedder } from '../../packages/core/src/index.ts';
import { createLanceIndex, createRetriever, type Index, indexRow, syncIndex } from '../../packages/rag/src/index.ts';
import { openBare } from '../../packages/rag/src/testing/bare-lance.ts';

const [how = 'ours', sizeText = '10000', directory = ''] = process.argv.slice(2);
const size = Number(sizeText);
const DIMENSIONS = 1024;
const CHUNKS_PER_DOCUMENT = 20;
const QUERIES = 40;
const MODEL = { model: 'bench', dimensions: DIMENSIONS, semantic: true } as const;
const caller = { tenant: 'default', subject: 'bench', groups: [] };

/** Repeats with the seed (xorshift32). */
function random(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}
const centres = Array.from({ length: 300 }, (_, number) => {
  const next = random(number + 1);
  return Float32Array.from({ length: DIMENSIONS }, () => next() - 0.5);
});
/** Vectors around centres, as texts about a subject are; never two alike. */
function vectorOf(number: number, seed = 0): Float32Array {
  const next = random(number * 7 + 1000 + seed);
  const centre = centres[Math.floor(next() * centres.length)] ?? new Float32Array(DIMENSIONS);
  const vector = centre.map((value) => value + (next() - 0.5) * 1.2);
  let square = 0;
  for (const value of vector) square += value * value;
  const length = Math.sqrt(square);
  return vector.map((value) => value / length);
}
function textOf(number: number, words = 80, version = 0): string {
  const next = random(number * 13 + 5 + version);
  return Array.from({ length: words }, () => `word${Math.floor(20000 * next() ** 3)}`).join(' ');
}
function chunkOf(number: number, version = 0): Chunk {
  const documentId = `d${Math.floor(number / CHUNKS_PER_DOCUMENT)}`;
  const text = textOf(number, 80, version);
  const id = createHash('sha1').update(`${number} ${version}`).digest('hex').slice(0, 24);
  const metadata = {
    title: documentId,
    uri: `${documentId}.txt`,
    language: 'en',
    mediaType: 'text/plain',
    shard: number % 100,
  };
  return {
    id,
    documentId,
    index: number % CHUNKS_PER_DOCUMENT,
    start: 0,
    end: text.length,
    text,
    context: documentId,
    headings: [],
    tokens: 120,
    metadata,
    tenant: 'default',
    groups: [],
  };
}
const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
const round = (value: number, digits = 2) => Number(value.toFixed(digits));
const peakMb = () => Math.round(process.resourceUsage().maxRSS / 1024);
const median = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

/** CPU of making the data: subtracted from both sides; for ours with the analysis. */
function costOfData(withAnalysis: boolean): number {
  const sample = Math.min(size, 5000);
  const before = cpuSeconds();
  for (let number = 0; number < sample; number += 1) {
    vectorOf(number);
    const chunk = chunkOf(number);
    if (withAnalysis) analyzeText(`${chunk.context}\n${chunk.text}`);
  }
  return ((cpuSeconds() - before) / sample) * size;
}

const queries = Array.from({ length: QUERIES }, (_, number) => ({
  vector: vectorOf(number * 37, 3),
  text: textOf(number * 37, 6),
}));

if (how === 'bare') {
  const bare = await openBare(join(directory, 'bare'), DIMENSIONS);
  costOfData(true);
  const data = costOfData(true);
  const before = cpuSeconds();
  const started = performance.now();
  for (let at = 0; at < size; at += 4096) {
    const batch = Array.from({ length: Math.min(4096, size - at) }, (_, offset) => ({
      ...indexRow(chunkOf(at + offset)),
      vector: vectorOf(at + offset),
    }));
    await bare.add(batch);
  }
  const written = cpuSeconds() - before - data;
  await bare.index(size);
  const writeS = (performance.now() - started) / 1000;
  const writeCpu = cpuSeconds() - before - data;
  print({ writeCpuS: round(writeCpu), rowsCpuS: round(written), writeS: round(writeS), peakMb: peakMb() });
} else if (how === 'ours') {
  const index = await createLanceIndex({ directory: join(directory, 'ours') });
  costOfData(true);
  const data = costOfData(true);
  const before = cpuSeconds();
  const started = performance.now();
  await sync(index, 0);
  const writeS = (performance.now() - started) / 1000;
  const writeCpu = cpuSeconds() - before - data;
  const { bytes = 0 } = await index.stats();
  print({ writeCpuS: round(writeCpu), writeS: round(writeS), peakMb: peakMb(), diskMb: Math.round(bytes / 1e6) });
  await index.close();
} else {
  const index = await createLanceIndex({ directory: join(directory, 'ours') });
  const bare = await openBare(join(directory, 'bare'), DIMENSIONS);
  const [ours, theirs] = await measureQueries(index, bare);
  const [recall, recallFiltered] = await measureRecall(index);
  const unchanged = await timed(() => sync(index, 0));
  const documents = size / CHUNKS_PER_DOCUMENT / 100;
  const changed = await timed(() => sync(index, Math.ceil(documents)));
  const [then] = await measureQueries(index, bare);
  const { unindexed } = await index.stats();
  const more: number[] = [];
  for (let percent = 2; percent <= 10; percent += 1) {
    more.push((await timed(() => sync(index, Math.ceil(documents * percent)))).cpuSeconds);
  }
  const mean = (changed.cpuSeconds + more.reduce((sum, seconds) => sum + seconds, 0)) / 10;
  const syncs = {
    unchangedS: unchanged.seconds,
    changedS: changed.seconds,
    changedCpuS: changed.cpuSeconds,
    changedMeanCpuS: round(mean),
    changedMostCpuS: Math.max(changed.cpuSeconds, ...more),
    unindexed,
    hybridP50MsThen: then?.hybridP50Ms,
    hybridCpuMsThen: then?.hybridCpuMs,
  };
  print({ ours: { ...ours, recall, recallFiltered, ...syncs }, bare: theirs });
  await index.close();
}

function print(measured: unknown): void {
  console.log(JSON.stringify(measured));
}

async function timed(fn: () => Promise<unknown>) {
  const [cpu, started] = [cpuSeconds(), performance.now()];
  await fn();
  return { seconds: round((performance.now() - started) / 1000), cpuSeconds: round(cpuSeconds() - cpu) };
}

function sync(index: Index, changed: number) {
  let embedded = 0;
  const embedder: Embedder = {
    ...MODEL,
    async embed(texts) {
      const from = embedded; // texts come in order
      embedded += texts.length;
      return texts.map((_, at) => vectorOf(from + at, changed));
    },
  };
  return syncIndex({
    index,
    embedder,
    stamp: { segmenter: 'bench' },
    documents: Array.from({ length: Math.ceil(size / CHUNKS_PER_DOCUMENT) }, (_, number) => ({
      id: `d${number}`,
      contentStamp: number < changed ? 'v2' : 'v1',
    })),
    chunksOf: async (id) => {
      const document = Number(id.slice(1));
      const first = document * CHUNKS_PER_DOCUMENT;
      return Array.from({ length: Math.min(CHUNKS_PER_DOCUMENT, size - first) }, (_, offset) =>
        chunkOf(first + offset, document < changed ? 1 : 0),
      );
    },
  });
}

/** The same questions to both sides in turns, so that a busy machine slows both alike. */
async function measureQueries(index: Index, bare: Awaited<ReturnType<typeof openBare>>) {
  let current: Float32Array = new Float32Array(DIMENSIONS);
  const retrieve = createRetriever({
    index,
    embedder: { ...MODEL, embed: async () => [current] },
    defaults: { mode: 'hybrid', sameFrom: 1, versions: false },
  });
  const sides = {
    ours: (text: string) => retrieve(text, caller, { limit: 10 }),
    bare: (text: string) => bare.hybrid(current, analyzeText(text)),
  };
  const samples = {
    ours: { wall: [] as number[], cpu: [] as number[] },
    bare: { wall: [] as number[], cpu: [] as number[] },
  };
  for (const [at, query] of [...queries.slice(0, 10), ...queries].entries()) {
    current = query.vector;
    for (const side of ['ours', 'bare'] as const) {
      const [cpu, started] = [cpuSeconds(), performance.now()];
      await sides[side](query.text);
      if (at < 10) continue; // warms caches up
      samples[side].wall.push(performance.now() - started);
      samples[side].cpu.push((cpuSeconds() - cpu) * 1000);
    }
  }
  return [samples.ours, samples.bare].map(({ wall, cpu }) => ({
    hybridP50Ms: round(median(wall), 1),
    hybridCpuMs: round(median(cpu), 1),
  }));
}

async function measureRecall(index: Index): Promise<[number, number]> {
  const exact = queries.map(() => ({
    all: [] as { id: string; score: number }[],
    some: [] as { id: string; score: number }[],
  }));
  for (let number = 0; number < size; number += 1) {
    const vector = vectorOf(number);
    for (const [at, query] of queries.entries()) {
      let score = 0;
      for (let d = 0; d < DIMENSIONS; d += 1) score += (vector[d] ?? 0) * (query.vector[d] ?? 0);
      keepBest(exact[at]?.all ?? [], number, score);
      if (number % 100 === 7) keepBest(exact[at]?.some ?? [], number, score);
    }
  }
  let [found, foundFiltered] = [0, 0];
  for (const [at, query] of queries.entries()) {
    const ask = async (metadata: Record<string, number>) => {
      const hits = await index.query({
        dense: { vector: query.vector },
        filter: { access: caller, metadata },
        limit: 10,
      });
      return new Set(hits.map(({ chunk }) => chunk.id));
    };
    const [all, some] = [await ask({}), await ask({ shard: 7 })];
    found += (exact[at]?.all ?? []).filter(({ id }) => all.has(id)).length;
    foundFiltered += (exact[at]?.some ?? []).filter(({ id }) => some.has(id)).length;
  }
  const possible = (k: number) => QUERIES * Math.min(10, k);
  return [round(found / possible(size), 4), round(foundFiltered / possible(size / 100), 4)];
}

function keepBest(list: { id: string; score: number }[], number: number, score: number): void {
  if (list.length === 10 && score <= (list[9]?.score ?? 0)) return;
  list.push({ id: chunkOf(number).id, score });
  list.sort((a, b) => b.score - a.score);
  if (list.length > 10) list.pop();
}
