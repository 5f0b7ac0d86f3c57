import { openaiFacts } from '../model-facts.ts';
import { genericProfile } from './generic.ts';
import type { EndpointProfile } from './profile.ts';
import { commonFields, commonFindings, limitField, outputFields, wireMessages } from './wire-messages.ts';

/** OpenAI's own service and exact copies of it. It has no rerank: the path is the one most gateways in front of it serve. */
export const openaiProfile: EndpointProfile = {
  ...genericProfile,
  name: 'openai',
  facts: openaiFacts,
  maxEmbeddingBatch: 256,
  chatBody(request, model, facts) {
    const { thinking } = request;
    const { messages, format } = outputFields(request, facts);
    return {
      findings: commonFindings(request, model, facts),
      body: {
        model,
        messages: wireMessages(messages),
        ...commonFields(request, facts),
        ...(request.tools === undefined || request.tools.length === 0 ? {} : { parallel_tool_calls: true }),
        ...limitField(request, facts, 'max_completion_tokens'),
        ...format,
        ...(thinking === true || facts?.reasoningEffort === true
          ? { reasoning_effort: thinking === true ? 'medium' : 'minimal' }
          : {}),
      },
    };
  },
};
