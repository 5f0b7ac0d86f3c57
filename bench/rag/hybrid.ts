/**
 * Scores words alone, meaning alone and both together on folders in BEIR layout, with a model behind an OpenAI-compatible endpoint.
 * node --conditions=@fieldkit/source bench/rag/hybrid.ts DIR... --url http://127.0.0.1:8765/v1 --model NAME [--query-model NAME]
 *   [--name NAME] [--key KEY] [--cache FILE] [--out bench/rag/hybrid.json]
 * `--out` keeps what other models and sets have measured; `--cache` keeps vectors, so that a run that was stopped goes on where it was.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Embedder } from '../../packages/core/src/index.ts';
import { createLanceIndex, evaluateBeir, readDenseWeight } from '../../packages/rag/src/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    model: { type: 'string' },
    'query-model': { type: 'string' },
    name: { type: 'string' },
    key: { type: 'string' },
    cache: { type: 'string' },
    out: { type: 'string' },
  },
});
const { url, model } = values;
if (url === undefined || model === undefined || positionals.length === 0) {
  throw new Error('need folders in BEIR layout, --url and --model');
}
const TEXTS_PER_REQUEST = 16;
/** Small models read 512 tokens; what is longer is cut here, and what is empty is a dash, so that no endpoint refuses it. UTF-16 code units. */
const LONGEST_TEXT = 2500;

const vectors = readCache();
const dimensions = (await ask(model, ['dimensions']))[0]?.length ?? 0;
const embedder: Embedder = { model, dimensions, semantic: true, embed };
const sets: Record<string, unknown> = {};
for (const directory of positionals) {
  sets[basename(directory)] = await measure(directory);
  console.log(basename(directory), JSON.stringify(sets[basename(directory)]));
  if (values.out !== undefined) keep(values.out);
}

async function measure(directory: string) {
  const score = async (options: Omit<Parameters<typeof evaluateBeir>[0], 'directory'>) =>
    round((await evaluateBeir({ directory, ...options })).mean['ndcg@10']);
  const folder = mkdtempSync(join(tmpdir(), 'fieldkit-hybrid-'));
  const index = await createLanceIndex({ directory: folder });
  try {
    const both = { embedder, mode: 'hybrid' } as const;
    const standard = await score({ ...both, index });
    const measured = await readDenseWeight(index);
    return {
      lexical: await score({}),
      dense: await score({ embedder, mode: 'dense' }),
      default: standard,
      denseWeight: round(measured?.denseWeight ?? Number.NaN),
      minmaxEqual: await score({ ...both, fusion: { method: 'minmax', denseWeight: 0.5 } }),
      rrf: await score({ ...both, fusion: { method: 'rrf' } }),
    };
  } finally {
    await index.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function embed(texts: readonly string[], { use = 'document' }: { use?: 'query' | 'document' } = {}) {
  const name = use === 'query' ? (values['query-model'] ?? model ?? '') : (model ?? '');
  const keyed = texts
    .map((text) => text.slice(0, LONGEST_TEXT).trim() || '-')
    .map((text) => ({ key: keyOf(name, text), text }));
  const missing = new Map(keyed.filter(({ key }) => !vectors.has(key)).map(({ key, text }) => [key, text]));
  const entries = [...missing];
  for (let at = 0; at < entries.length; at += TEXTS_PER_REQUEST) {
    const part = entries.slice(at, at + TEXTS_PER_REQUEST);
    const answers = await ask(
      name,
      part.map(([, text]) => text),
    );
    for (const [i, [key]] of part.entries()) {
      const vector = answers[i] ?? new Float32Array();
      vectors.set(key, vector);
      if (values.cache !== undefined) {
        appendFileSync(values.cache, `${key} ${Buffer.from(vector.buffer).toString('base64')}\n`);
      }
    }
  }
  return keyed.map(({ key }) => vectors.get(key) ?? new Float32Array());
}

async function ask(name: string, input: string[]): Promise<Float32Array[]> {
  const response = await fetch(`${url}/embeddings`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      connection: 'close', // one that rested while a set was indexed may have been closed meanwhile
      ...(values.key === undefined ? {} : { authorization: `Bearer ${values.key}` }),
    },
    body: JSON.stringify({ model: name, input, encoding_format: 'float' }),
  });
  if (!response.ok)
    throw new Error(`the endpoint answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
  const { data } = (await response.json()) as { data: { embedding: number[] }[] }; // the protocol says so
  return data.map(({ embedding }) => toUnitLength(Float32Array.from(embedding)));
}

function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

function keyOf(name: string, text: string): string {
  return createHash('sha256').update(`${name}\n${text}`).digest('hex').slice(0, 32);
}

function readCache(): Map<string, Float32Array> {
  const found = new Map<string, Float32Array>();
  if (values.cache === undefined || !existsSync(values.cache)) return found;
  for (const line of readFileSync(values.cache, 'utf8').split('\n')) {
    const [key, encoded] = line.split(' ');
    if (key === undefined || encoded === undefined) continue;
    found.set(key, new Float32Array(new Uint8Array(Buffer.from(encoded, 'base64')).buffer));
  }
  return found;
}

function keep(path: string): void {
  const known: Record<string, { ndcg10: object }> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const date = new Date().toISOString().slice(0, 10);
  const name = values.name ?? model ?? '';
  const measured = { date, dimensions, ndcg10: { ...known[name]?.ndcg10, ...sets } };
  writeFileSync(path, `${JSON.stringify({ ...known, [name]: measured }, null, 2)}\n`);
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
