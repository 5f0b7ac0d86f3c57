import { toFieldkitError } from '@fieldkit/core';
import { type JsonObject, listAt, objectAt } from '../json.ts';
import { type ProbeSession, reasonOf, sorry } from './probe-session.ts';

/** The lengths of vectors, texts in one request, and the encoding of an embedding model. */
export async function probeEmbedding(session: ProbeSession, model: string): Promise<void> {
  const { profile, factsOf, fits, post, probe } = session;
  const facts = factsOf(model);
  const embed = (texts: readonly string[], dimensions?: number, extra: JsonObject = {}) =>
    post(model, '/embeddings', { ...profile.embeddingBody(texts, model, dimensions), ...extra });
  const vectorOf = (answer: JsonObject) => objectAt({ first: listAt(answer, 'data')[0] }, 'first').embedding;
  const lengthOf = (answer: JsonObject) => {
    const vector = vectorOf(answer);
    return Array.isArray(vector) ? vector.length : 0;
  };
  const texts = (number: number) => Array.from({ length: number }, (_, index) => `gate ${index + 1}`);
  const believed = facts.dimensions;
  const there = await probe(
    model,
    'length of vectors',
    {
      fact: 'dimensions',
      value: believed,
      said: believed === undefined ? 'not known' : `${believed.join(', ')}, the first unless told`,
    },
    async () => {
      const usual = lengthOf(await embed(texts(1)));
      const made = usual === 0 ? [] : [usual];
      for (const length of believed?.filter((one) => one !== usual) ?? []) {
        if (!fits(model)) break;
        const answer = await embed(texts(1), length).catch((error: unknown) => {
          if (toFieldkitError(error).code === 'MODEL_BAD_REQUEST') return {};
          throw error;
        });
        if (lengthOf(answer) === length) made.push(length);
      }
      const fact = made.length === 0 ? {} : { fact: made };
      return { ...fact, said: made.length === 0 ? 'no vector' : `${made.join(', ')}; ${usual} unless told` };
    },
    sorry,
  );
  if (!there) return;
  const cap = facts.maxBatch ?? profile.maxEmbeddingBatch ?? 10;
  await probe(
    model,
    'texts in one request',
    { fact: 'maxBatch', value: cap, said: `${cap}` },
    async () => {
      await embed(texts(cap));
      const more = await embed(texts(cap + 1)).then(
        () => undefined,
        (error: unknown) => toFieldkitError(error).message,
      );
      return { fact: cap, said: more === undefined ? `${cap + 1} too` : `${cap}; more is refused` };
    },
    async (message) => {
      const said = Number(/(?:larger|more|greater) than (\d+)/i.exec(message)?.[1]);
      let size = Number.isInteger(said) && said >= 1 && said < cap ? said : Math.ceil(cap / 2);
      for (;;) {
        const works = await embed(texts(size)).then(
          () => true,
          () => false,
        );
        if (works || size === 1) return works ? { fact: size, said: `${size}; ${reasonOf(message)}` } : sorry(message);
        size = Math.ceil(size / 2);
      }
    },
  );
  await probe(
    model,
    'vectors as base64, when asked for',
    { said: 'nothing' },
    async () => {
      const vector = vectorOf(await embed(texts(1), undefined, { encoding_format: 'base64' }));
      return { said: typeof vector === 'string' ? 'base64' : 'floats all the same' };
    },
    sorry,
  );
}
