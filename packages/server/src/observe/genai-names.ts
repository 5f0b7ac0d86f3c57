/**
 * Attribute names of OpenTelemetry's GenAI conventions (semantic conventions 1.45, November 2026, status development), all in this file because
 * they may still change. What the conventions do not name begins with `fieldkit.`.
 */
export const GENAI = {
  operation: 'gen_ai.operation.name',
  system: 'gen_ai.provider.name',
  agentName: 'gen_ai.agent.name',
  conversationId: 'gen_ai.conversation.id',
  requestModel: 'gen_ai.request.model',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  toolName: 'gen_ai.tool.name',
  toolCallId: 'gen_ai.tool.call.id',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  errorType: 'error.type',
  runId: 'fieldkit.run.id',
  tenant: 'fieldkit.tenant',
  status: 'fieldkit.answer.status',
  attempt: 'fieldkit.step.attempt',
  stepInput: 'fieldkit.step.input',
  stepOutput: 'fieldkit.step.output',
} as const;

/** `gen_ai.operation.name` by kind of step; nodes have none of their own. */
export const OPERATIONS = {
  node: undefined,
  model: 'chat',
  tool: 'execute_tool',
  retrieval: 'retrieval',
  embedding: 'embeddings',
  rerank: 'rerank',
} as const;
