import type { EndpointProfile } from './profile.ts';
import { commonFields, commonFindings, limitField, outputFields, wireMessages } from './wire-messages.ts';

/** Any server that speaks OpenAI's chat protocol of 2023: only fields that all of them know. */
export const genericProfile: EndpointProfile = {
  name: 'generic',
  maxEmbeddingBatch: 32,
  chatBody(request, model, facts) {
    const { messages, format } = outputFields(request, facts);
    return {
      findings: commonFindings(request, model, facts),
      body: {
        model,
        messages: wireMessages(messages),
        ...commonFields(request, facts),
        ...limitField(request, facts, 'max_tokens'),
        ...format,
      },
    };
  },
  embeddingBody: (texts, model, dimensions) => ({
    model,
    input: texts,
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
  }),
  rerank: (query, texts, limit, model) => ({ path: '/rerank', body: { model, query, documents: texts, top_n: limit } }),
};
