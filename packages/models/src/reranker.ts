import { estimateTokens, FieldkitError, type Reranker } from '@fieldkit/core';
import type { CallPolicy } from './call-policy.ts';
import { costOf } from './cost.ts';
import { countAt, listAt, numberAt, objectAt } from './json.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import { booked, type SpendingGuard } from './spending-guard.ts';
import type { Transport } from './transport.ts';

interface RerankerDependencies {
  readonly transport: Transport;
  readonly profile: EndpointProfile;
  readonly facts: ModelFacts | undefined;
  readonly policy: CallPolicy;
  readonly spending: SpendingGuard | undefined;
}

/** Most documents in one request, for models nobody described. */
const DEFAULT_MAX_DOCUMENTS = 500;

/** Orders texts by relevance in one request. */
export function createReranker(model: string, dependencies: RerankerDependencies): Reranker {
  const { transport, profile, facts, policy, spending } = dependencies;
  const maxDocuments = facts?.maxBatch ?? DEFAULT_MAX_DOCUMENTS;
  return {
    model,
    async rerank(query, texts, { signal, limit = texts.length } = {}) {
      if (texts.length === 0) return [];
      if (texts.length > maxDocuments) {
        throw new FieldkitError(
          'INVALID_OPTION',
          `${model} ranks at most ${maxDocuments} texts at once, not ${texts.length}`,
        );
      }
      const top = Math.max(1, Math.min(limit, texts.length));
      const { path, body } = profile.rerank(query, texts, top, model, facts, transport.baseUrl);
      // Billed as the query with each text.
      const tokens = texts.reduce((sum, text) => sum + estimateTokens(query) + estimateTokens(text), 0);
      const costs = (inputTokens: number) => costOf({ inputTokens, outputTokens: 0, calls: 1 }, facts?.prices);
      return booked(spending, costs(tokens), model, () =>
        policy.run({ model, inputTokens: tokens, mostOutputTokens: 0, signal }, async (permit) => {
          const answer = await transport.postJson(path, body, { signal, model });
          const used = countAt(objectAt(answer, 'usage'), 'total_tokens');
          permit.done(used);
          return { result: readRanking(answer, texts.length, top, model), cost: costs(used ?? tokens) };
        }),
      );
    },
  };
}

function readRanking(body: unknown, texts: number, limit: number, model: string): { index: number; score: number }[] {
  const flat = listAt(body, 'results');
  const results = flat.length > 0 ? flat : listAt(objectAt(body, 'output'), 'results');
  const seen = new Set<number>();
  const ranking = results.map((result) => {
    const index = numberAt(result, 'index');
    const score = numberAt(result, 'relevance_score') ?? numberAt(result, 'score');
    if (
      index === undefined ||
      !Number.isInteger(index) ||
      index < 0 ||
      index >= texts ||
      seen.has(index) ||
      score === undefined
    ) {
      throw new FieldkitError(
        'MODEL_INVALID_RESPONSE',
        `${model} gave a ranking that does not fit the texts; try again`,
      );
    }
    seen.add(index);
    return { index, score };
  });
  if (ranking.length === 0) {
    throw new FieldkitError('MODEL_INVALID_RESPONSE', `${model} gave an empty ranking for ${texts} texts; try again`);
  }
  return ranking.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, limit);
}
