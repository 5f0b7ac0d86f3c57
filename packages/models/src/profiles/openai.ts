import { openaiFacts } from '../model-facts.ts';
import { genericProfile } from './generic.ts';
import type { EndpointProfile } from './profile.ts';
import { commonFields, schemaFormat, wireMessages } from './wire-messages.ts';

/** OpenAI's own service and exact copies of it. It has no rerank: the path is the one most gateways in front of it serve. */
export const openaiProfile: EndpointProfile = {
  ...genericProfile,
  name: 'openai',
  facts: openaiFacts,
  maxEmbeddingBatch: 256,
  chatBody(request, model, facts) {
    const { maxOutputTokens, output, thinking } = request;
    return {
      findings: [],
      body: {
        model,
        messages: wireMessages(request.messages),
        ...commonFields(request),
        ...(request.tools === undefined || request.tools.length === 0 ? {} : { parallel_tool_calls: true }),
        ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
        ...(output === undefined ? {} : { response_format: schemaFormat(output) }),
        ...(thinking === true || facts?.reasoningEffort === true
          ? { reasoning_effort: thinking === true ? 'medium' : 'minimal' }
          : {}),
      },
    };
  },
};
