import { genericProfile } from './generic.ts';
import type { EndpointProfile } from './profile.ts';
import { commonFields, commonFindings, limitField, outputFields, wireMessages } from './wire-messages.ts';

/** A vLLM or SGLang server: thinking is a variable of the chat template; rerank is at `/rerank`. */
export const vllmProfile: EndpointProfile = {
  ...genericProfile,
  name: 'vllm',
  chatBody(request, model, facts) {
    const { thinking = false } = request;
    const { messages, format } = outputFields(request, facts);
    return {
      findings: commonFindings(request, model, facts),
      body: {
        model,
        messages: wireMessages(messages, { reasoning: thinking && facts?.preserveThinking === true }),
        ...commonFields(request, facts),
        ...limitField(request, facts, 'max_completion_tokens'),
        ...format,
        ...(facts?.thinking === 'none' ? {} : { chat_template_kwargs: { enable_thinking: thinking } }),
      },
    };
  },
};
