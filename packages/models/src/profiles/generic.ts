import type { EndpointProfile } from './profile.ts';
import { commonFields, schemaFormat, wireMessages } from './wire-messages.ts';

/** Any server that speaks OpenAI's chat protocol of 2023: only fields that all of them know. */
export const genericProfile: EndpointProfile = {
  name: 'generic',
  maxEmbeddingBatch: 32,
  chatBody(request, model) {
    const { maxOutputTokens, output } = request;
    return {
      findings: [],
      body: {
        model,
        messages: wireMessages(request.messages),
        ...commonFields(request),
        ...(maxOutputTokens === undefined ? {} : { max_tokens: maxOutputTokens }),
        ...(output === undefined ? {} : { response_format: schemaFormat(output) }),
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
