import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Embedder, FieldkitError } from '@fieldkit/core';
import { isObject, numberAt, stringAt, tryJson } from './json.ts';

export interface OnnxEmbedderOptions {
  /** Holds `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`, as sentence-transformers models are published. */
  readonly folder: string;
  /** Default: as `1_Pooling/config.json` of the folder says, else mean. */
  readonly pooling?: 'mean' | 'cls';
  /** Put before each text. Default nothing. */
  readonly queryPrefix?: string;
  readonly documentPrefix?: string;
  /** Texts in one run of the model. Default 16. */
  readonly batchSize?: number;
  /** Tokens of a text; the rest is left out. Default: as the folder says, at most 512. */
  readonly maxTokens?: number;
  /** Threads of one run. Default: processors, at most 4. */
  readonly threads?: number;
  /** Folders where `onnxruntime-node` may be installed, besides where this package stands. */
  readonly installedIn?: readonly string[];
  /** Replaces the model: tests. */
  readonly runtime?: OnnxRuntime;
}

/** What a model does, whatever runs it. */
export interface OnnxRuntime {
  tokenize(text: string): { readonly ids: readonly number[] };
  /** Row by row: ids and mask of `rows` texts, each `width` long. Gives the hidden states of every token, and their length. */
  run(
    ids: BigInt64Array,
    mask: BigInt64Array,
    rows: number,
    width: number,
  ): Promise<{ readonly data: Float32Array; readonly dims: readonly number[] }>;
  close(): Promise<void>;
}

export interface OnnxEmbedder extends Embedder {
  close(): Promise<void>;
}

const MOST_TOKENS = 512;

/**
 * Embeddings on this machine, from a folder with an ONNX model: nothing leaves it. Texts of like length go together; vectors have length 1.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a folder without a model, a model that is none, or without `onnxruntime-node`.
 */
export async function createOnnxEmbedder(options: OnnxEmbedderOptions): Promise<OnnxEmbedder> {
  const { folder, batchSize = 16, queryPrefix = '', documentPrefix = '' } = options;
  const pooling = options.pooling ?? poolingOf(folder);
  const maxTokens = options.maxTokens ?? tokensOf(folder);
  const runtime = options.runtime ?? (await loadRuntime(options));
  const model = await fingerprint(options, pooling);

  const tokensFor = (text: string): readonly number[] => {
    const { ids } = runtime.tokenize(text);
    const last = ids.at(-1);
    // what closes a text stays when it is cut
    return ids.length <= maxTokens || last === undefined ? ids : [...ids.slice(0, maxTokens - 1), last];
  };

  async function embedRows(rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const width = Math.max(...rows.map((row) => row.length));
    const ids = new BigInt64Array(rows.length * width);
    const mask = new BigInt64Array(rows.length * width);
    for (const [at, row] of rows.entries()) {
      for (const [place, id] of row.entries()) {
        ids[at * width + place] = BigInt(id);
        mask[at * width + place] = 1n;
      }
    }
    const { data, dims } = await runtime.run(ids, mask, rows.length, width);
    const length = dims.at(-1) ?? 0;
    if (dims.length !== 3 || dims[0] !== rows.length || dims[1] !== width || length < 1)
      throw new FieldkitError(
        'EMBEDDING_INVALID',
        `${folder} gave ${dims.join(' x ')} numbers where texts x tokens x length were expected; is it an embedding model?`,
      );
    return rows.map((row, at) => pool(data, at * width * length, row.length, length));
  }

  function pool(data: Float32Array, start: number, tokens: number, length: number): Float32Array {
    const vector = new Float32Array(length);
    for (let token = 0; token < (pooling === 'cls' ? 1 : tokens); token += 1) {
      for (let at = 0; at < length; at += 1) vector[at] = (vector[at] ?? 0) + (data[start + token * length + at] ?? 0);
    }
    const norm = Math.hypot(...vector);
    if (!Number.isFinite(norm) || norm < 1e-9)
      throw new FieldkitError('EMBEDDING_INVALID', `${folder} gave a vector without a direction`);
    return vector.map((value) => value / norm);
  }

  const [probe] = await embedRows([tokensFor('a')]);
  return {
    model,
    dimensions: probe?.length ?? 0,
    semantic: true,
    async embed(texts, { signal, use } = {}) {
      const empty = texts.findIndex((text) => text.trim() === '');
      if (empty !== -1)
        throw new FieldkitError('INVALID_OPTION', `text ${empty + 1} of ${texts.length} to embed is empty`);
      const prefix = use === 'query' ? queryPrefix : documentPrefix;
      const rows = texts
        .map((text, index) => ({ index, tokens: tokensFor(prefix + text) }))
        .sort((a, b) => a.tokens.length - b.tokens.length);
      const vectors: Float32Array[] = new Array(texts.length);
      for (let at = 0; at < rows.length; at += batchSize) {
        signal?.throwIfAborted();
        const batch = rows.slice(at, at + batchSize);
        const made = await embedRows(batch.map(({ tokens }) => tokens));
        for (const [place, { index }] of batch.entries()) vectors[index] = made[place] ?? new Float32Array();
      }
      return vectors;
    },
    close: () => runtime.close(),
  };
}

function modelFile(folder: string): string {
  const found = ['model.onnx', join('onnx', 'model.onnx')].map((name) => join(folder, name)).find(existsSync);
  if (found !== undefined && existsSync(join(folder, 'tokenizer.json'))) return found;
  throw new FieldkitError(
    'INVALID_CONFIG',
    `${folder} is no folder of an embedding model: it needs model.onnx (or onnx/model.onnx) and tokenizer.json`,
  );
}

function jsonOf(folder: string, ...name: string[]): unknown {
  const path = join(folder, ...name);
  return existsSync(path) ? tryJson(readFileSync(path, 'utf8')) : undefined;
}

function poolingOf(folder: string): 'mean' | 'cls' {
  const config = jsonOf(folder, '1_Pooling', 'config.json');
  return isObject(config) && config.pooling_mode_cls_token === true ? 'cls' : 'mean';
}

function tokensOf(folder: string): number {
  const said =
    numberAt(jsonOf(folder, 'sentence_bert_config.json'), 'max_seq_length') ??
    numberAt(jsonOf(folder, 'config.json'), 'max_position_embeddings') ??
    MOST_TOKENS;
  return Math.min(said, MOST_TOKENS);
}

/** Names the model by what is in its file and how it is used: vectors of another one must not be mixed with its own. */
async function fingerprint({ folder, runtime, maxTokens }: OnnxEmbedderOptions, pooling: string): Promise<string> {
  const hash = createHash('sha256').update(`${pooling} ${maxTokens ?? ''}`);
  if (runtime === undefined) for await (const piece of createReadStream(modelFile(folder))) hash.update(piece);
  return `${basename(folder)}@${hash.digest('hex').slice(0, 12)}`;
}

/** What is used of `onnxruntime-node`, which is not installed with this package: it weighs 290 MB. */
interface OrtModule {
  readonly InferenceSession: {
    create(
      path: string,
      options: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      readonly outputNames: readonly string[];
      run(feeds: object): Promise<Record<string, { readonly data: unknown; readonly dims: readonly number[] }>>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: string, data: BigInt64Array, dims: readonly number[]) => object;
}
async function loadRuntime(options: OnnxEmbedderOptions): Promise<OnnxRuntime> {
  const { folder, threads = Math.min(4, availableParallelism()), installedIn = [] } = options;
  const path = modelFile(folder);
  const { InferenceSession, Tensor } = loadOrt(installedIn);
  const { Tokenizer } = await import('@huggingface/tokenizers');
  const wrong = (cause: unknown) =>
    new FieldkitError('INVALID_CONFIG', `cannot use the model in ${folder}: ${String(cause)}`, { cause });
  const settings = jsonOf(folder, 'tokenizer.json');
  if (!isObject(settings)) throw wrong('tokenizer.json is not JSON');
  const config = jsonOf(folder, 'tokenizer_config.json');
  // Cutting and padding are done here.
  const all = { ...settings, truncation: null, padding: null };
  const tokenizer = attempt(() => new Tokenizer(all, isObject(config) ? config : {}), wrong);
  const session = await InferenceSession.create(path, { intraOpNumThreads: threads, interOpNumThreads: 1 }).catch(
    (cause: unknown) => {
      throw wrong(cause);
    },
  );
  const output = session.outputNames.find((name) => name === 'last_hidden_state') ?? session.outputNames[0] ?? '';
  return {
    tokenize: (text) => tokenizer.encode(text),
    async run(ids, mask, rows, width) {
      const all: Record<string, BigInt64Array> = {
        input_ids: ids,
        attention_mask: mask,
        token_type_ids: new BigInt64Array(rows * width),
        position_ids: BigInt64Array.from({ length: rows * width }, (_, index) => BigInt(index % width)),
      };
      const feeds = session.inputNames.map((name) => {
        const data = all[name];
        if (data === undefined) throw wrong(`it wants an input ${name}, which a text does not have`);
        return [name, new Tensor('int64', data, [rows, width])];
      });
      const { [output]: states } = await session.run(Object.fromEntries(feeds));
      if (!(states?.data instanceof Float32Array)) throw wrong('it does not give numbers of 32 bits');
      return { data: states.data, dims: states.dims };
    },
    close: () => session.release(),
  };
}

function attempt<T>(make: () => T, wrong: (cause: unknown) => FieldkitError): T {
  try {
    return make();
  } catch (error) {
    throw wrong(error);
  }
}

function loadOrt(installedIn: readonly string[]): OrtModule {
  for (const place of [undefined, ...installedIn]) {
    try {
      const from = place === undefined ? import.meta.url : pathToFileURL(join(place, 'package.json'));
      return createRequire(from)('onnxruntime-node') as OrtModule; // the library of that name
    } catch (error) {
      if (stringAt(error, 'code') === 'MODULE_NOT_FOUND') continue;
      throw new FieldkitError('INVALID_CONFIG', `cannot load onnxruntime-node: ${String(error)}`, { cause: error });
    }
  }
  throw new FieldkitError(
    'INVALID_CONFIG',
    'embeddings on this machine need onnxruntime-node, which is not installed; run `npm install onnxruntime-node` in the project',
  );
}
