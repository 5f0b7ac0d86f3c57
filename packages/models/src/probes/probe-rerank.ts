import { FieldkitError, toFieldkitError } from '@fieldkit/core';
import { listAt, numberAt, objectAt } from '../json.ts';
import { type ProbeSession, sorry } from './probe-session.ts';

/** The address at which a reranker ranks. */
export async function probeRerank(session: ProbeSession, model: string): Promise<void> {
  const { options, profile, transport, factsOf, post, probe } = session;
  const facts = factsOf(model);
  const believed = facts.path ?? 'flat';
  const rank = async (where: 'flat' | 'native') => {
    const wire = profile.rerank(
      'when does gate 7 open',
      ['Gate 7 opens at nine.', 'Bring a coat.'],
      2,
      model,
      { ...facts, path: where },
      transport.baseUrl,
    );
    const answer = await post(model, wire.path, wire.body);
    const ranked = [...listAt(answer, 'results'), ...listAt(objectAt(answer, 'output'), 'results')];
    if (ranked.length === 0) throw new FieldkitError('MODEL_INVALID_RESPONSE', 'it gave no ranking');
    return { fact: where, said: `${where}; the first is ${numberAt(ranked[0], 'index') === 0 ? 'right' : 'wrong'}` };
  };
  const second = options.profile === 'dashscope' ? (believed === 'flat' ? 'native' : 'flat') : undefined;
  await probe(
    model,
    'ranking',
    { fact: 'path', value: believed, said: believed },
    () =>
      rank(believed).catch((error: unknown) => {
        // At a wrong path the model is not found.
        if (second !== undefined && toFieldkitError(error).code === 'MODEL_NOT_FOUND') return rank(second);
        throw error;
      }),
    (message) => (second === undefined ? sorry(message) : rank(second)),
  );
}
