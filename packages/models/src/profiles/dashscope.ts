import type { Finding } from '@fieldkit/core';
import { dashscopeFacts } from '../model-facts.ts';
import type { EndpointProfile } from './profile.ts';
import { commonFields, commonFindings, limitField, outputFields, wireMessages } from './wire-messages.ts';

const NATIVE_RERANK = '/api/v1/services/rerank/text-rerank/text-rerank';

/** Alibaba Cloud Model Studio in OpenAI-compatible mode, as documented in November 2026. */
export const dashscopeProfile: EndpointProfile = {
  name: 'dashscope',
  facts: dashscopeFacts,
  maxEmbeddingBatch: 10,
  chatBody(request, model, facts) {
    const { output, toolChoice } = request;
    const tools = request.tools ?? [];
    const findings: Finding[] = commonFindings(request, model, facts);
    const always = facts?.thinking === 'only' || /-thinking\b/.test(model);
    let thinking = always || (request.thinking ?? false);
    const forced =
      tools.length > 0 && facts?.forcedTools !== false && (toolChoice === 'required' || typeof toolChoice === 'object');
    if (thinking && !always && (forced || output !== undefined)) {
      thinking = false;
      findings.push({
        severity: 'info',
        code: 'thinking-switched-off',
        message: `${model} cannot think and ${forced ? 'be forced to call a tool' : 'answer in JSON'} at once; thinking is off for this call`,
      });
    }
    let fields = commonFields(request, facts);
    if (always && forced) {
      fields = { ...fields, tool_choice: 'auto' };
      findings.push({
        severity: 'warning',
        code: 'tool-choice-relaxed',
        message: `${model} always thinks and cannot be forced to call a tool; the choice is left to it`,
      });
    }
    const { temperature } = request;
    if (thinking && temperature === 0) {
      const { temperature: _, ...rest } = fields;
      fields = rest; // greedy decoding loops while thinking
      findings.push({
        severity: 'info',
        code: 'temperature-dropped',
        message: `temperature 0 makes ${model} loop while it thinks; the model's own default is used`,
      });
    }
    const { messages, format } = outputFields(request, facts);
    const switchable = facts?.thinking !== 'none';
    const byEffort = thinking && facts?.reasoningEffort === true;
    return {
      findings,
      body: {
        model,
        messages: wireMessages(messages, { reasoning: thinking && facts?.preserveThinking === true }),
        ...fields,
        ...(tools.length === 0 ? {} : { parallel_tool_calls: true }),
        ...limitField(request, facts, 'max_completion_tokens'),
        ...format,
        ...(switchable && !always ? { enable_thinking: thinking } : {}),
        ...(byEffort ? { reasoning_effort: 'medium' } : {}),
        ...(thinking && facts?.preserveThinking === true ? { preserve_thinking: true } : {}),
      },
    };
  },
  embeddingBody: (texts, model, dimensions) => ({
    model,
    input: texts,
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
  }),
  rerank(query, texts, limit, model, facts, baseUrl) {
    if (facts?.path === 'native') {
      return {
        path: new URL(NATIVE_RERANK, baseUrl).href,
        body: { model, input: { query, documents: texts }, parameters: { top_n: limit, return_documents: false } },
      };
    }
    // Note compatible-api, not compatible-mode.
    const path = /\/compatible-mode\//.test(baseUrl)
      ? baseUrl.replace('/compatible-mode/', '/compatible-api/')
      : baseUrl;
    return { path: `${path.replace(/\/$/, '')}/reranks`, body: { model, query, documents: texts, top_n: limit } };
  },
};
