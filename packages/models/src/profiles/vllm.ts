import { genericProfile } from './generic.ts';
import type { EndpointProfile } from './profile.ts';
import { commonFields, schemaFormat, wireMessages } from './wire-messages.ts';

/** A vLLM or SGLang server: thinking is a variable of the chat template; rerank is at `/rerank`. */
export const vllmProfile: EndpointProfile = {
  ...genericProfile,
  name: 'vllm',
  chatBody(request, model, facts) {
    const { maxOutputTokens, output, thinking = false } = request;
    return {
      findings: [],
      body: {
        model,
        messages: wireMessages(request.messages, { reasoning: thinking && facts?.preserveThinking === true }),
        ...commonFields(request),
        ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
        ...(output === undefined ? {} : { response_format: schemaFormat(output) }),
        ...(facts?.thinking === 'none' ? {} : { chat_template_kwargs: { enable_thinking: thinking } }),
      },
    };
  },
};
