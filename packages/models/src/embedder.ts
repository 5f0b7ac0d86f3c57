import { type Embedder, estimateTokens, FieldkitError, mapConcurrent } from '@fieldkit/core';
import type { CallPolicy } from './call-policy.ts';
import { costOf } from './cost.ts';
import { countAt, listAt, numberAt, objectAt } from './json.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import { booked, type SpendingGuard } from './spending-guard.ts';
import type { Transport } from './transport.ts';

export interface EmbedderOptions {
  /** Length of the vectors. Default: the model's own, which must then be known. */
  readonly dimensions?: number;
  /** Requests under way at once. Default 4. */
  readonly concurrency?: number;
}

interface EmbedderDependencies {
  readonly transport: Transport;
  readonly profile: EndpointProfile;
  readonly facts: ModelFacts | undefined;
  readonly policy: CallPolicy;
  readonly spending: SpendingGuard | undefined;
}

/** A vector shorter than this is no direction. */
const SMALLEST_NORM = 1e-6;

/**
 * Texts to vectors over `/embeddings`: floats, never base64; split by the model's batch cap; each vector checked and brought to length 1.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when the length of the vectors is neither known nor given, or not one the model makes.
 */
export function createEmbedder(model: string, options: EmbedderOptions, dependencies: EmbedderDependencies): Embedder {
  const { transport, profile, facts, policy, spending } = dependencies;
  const { concurrency = 4 } = options;
  const dimensions = options.dimensions ?? facts?.dimensions?.[0];
  if (dimensions === undefined || !Number.isInteger(dimensions) || dimensions < 1) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `how long are the vectors of ${model}? give \`dimensions\` as a whole number`,
    );
  }
  if (facts?.dimensions !== undefined && !facts.dimensions.includes(dimensions)) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `${model} makes vectors of ${facts.dimensions.join(', ')}, not ${dimensions}`,
    );
  }
  // Said on the wire when asked for or when the model has a choice; other models refuse the field.
  const said = options.dimensions !== undefined || (facts?.dimensions?.length ?? 0) > 1 ? dimensions : undefined;
  const batchSize = facts?.maxBatch ?? profile.maxEmbeddingBatch;

  const embedBatch = (texts: readonly string[], signal: AbortSignal | undefined) => {
    const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
    const costs = (inputTokens: number) => costOf({ inputTokens, outputTokens: 0, calls: 1 }, facts?.prices);
    return booked(spending, costs(tokens), model, () =>
      policy.run({ model, inputTokens: tokens, mostOutputTokens: 0, signal }, async (permit) => {
        const request = profile.embeddingBody(texts, model, said);
        const body = await transport.postJson('/embeddings', request, { signal, model });
        const used = countAt(objectAt(body, 'usage'), 'total_tokens');
        permit.done(used);
        return { result: readVectors(body, texts.length, dimensions, model), cost: costs(used ?? tokens) };
      }),
    );
  };

  return {
    model,
    dimensions,
    get semantic() {
      return !isStandinModel(model) && !transport.isStandin();
    },
    async embed(texts, { signal } = {}) {
      const empty = texts.findIndex((text) => text.trim() === '');
      if (empty !== -1)
        throw new FieldkitError('INVALID_OPTION', `text ${empty + 1} of ${texts.length} to embed is empty`);
      const batches: (readonly string[])[] = [];
      for (let at = 0; at < texts.length; at += batchSize) batches.push(texts.slice(at, at + batchSize));
      const vectors = await mapConcurrent(
        batches,
        concurrency,
        (batch) => embedBatch(batch, signal),
        signal === undefined ? {} : { signal },
      );
      return vectors.flat();
    },
  };
}

/** The stand-in names its models so that they are told apart before the first call. */
export function isStandinModel(model: string): boolean {
  return model.startsWith('standin-');
}

function readVectors(body: unknown, expected: number, dimensions: number, model: string): Float32Array[] {
  const rows = listAt(body, 'data');
  const wrong = (what: string, details: Record<string, unknown> = {}) =>
    new FieldkitError('EMBEDDING_INVALID', `${model} gave ${what}`, { details: { model, ...details } });
  if (rows.length !== expected) throw wrong(`${rows.length} vectors for ${expected} texts`);
  const vectors: (Float32Array | undefined)[] = new Array(expected);
  for (const [position, row] of rows.entries()) {
    const index = numberAt(row, 'index') ?? position;
    if (!Number.isInteger(index) || index < 0 || index >= expected || vectors[index] !== undefined) {
      throw wrong(`vectors with confused numbers (${index})`);
    }
    const { embedding } = objectAt({ row }, 'row');
    if (typeof embedding === 'string')
      throw wrong('base64 although floats were asked for; the endpoint is not usable as it is');
    if (!Array.isArray(embedding)) throw wrong('something that is no vector');
    if (embedding.length !== dimensions) {
      throw wrong(`a vector of length ${embedding.length} where ${dimensions} was expected; check \`dimensions\``, {
        length: embedding.length,
        dimensions,
      });
    }
    vectors[index] = unitVector(embedding, wrong);
  }
  return vectors as Float32Array[]; // as many different indexes as places
}

function unitVector(values: readonly unknown[], wrong: (what: string) => FieldkitError): Float32Array {
  let sum = 0;
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw wrong('a vector with something in it that is no number');
    sum += value * value;
  }
  const norm = Math.sqrt(sum);
  if (norm < SMALLEST_NORM) throw wrong('a vector of zeros');
  return Float32Array.from(values as readonly number[], (value) => value / norm); // checked above
}
