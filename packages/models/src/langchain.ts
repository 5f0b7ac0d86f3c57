import {
  type ChatCompletion,
  type ChatEvent,
  type ChatMessage,
  type ChatModel,
  type ChatRequest,
  complete,
  type Embedder,
  FieldkitError,
  type JsonSchema,
  type Usage,
} from '@fieldkit/core';
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { Embeddings } from '@langchain/core/embeddings';
import { type BaseLanguageModelInput, isOpenAITool } from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { isObject, tryJson } from './json.ts';

export interface LangChainCallOptions extends BaseChatModelCallOptions {
  readonly tools?: BindToolsInput[];
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  readonly thinking?: boolean;
  readonly seed?: number;
  /** JSON that fits the schema, by the endpoint's own mode. */
  readonly output?: ChatRequest['output'];
}

/**
 * One of our chat models as a LangChain chat model: tools, streaming, structured output, usage, and reasoning that is given back to models that
 * want it. LangChain's own retries stay at 1: retrying is the endpoint's. A class, because LangChain asks for one.
 */
export class FieldkitChatModel extends BaseChatModel<LangChainCallOptions, AIMessageChunk> {
  readonly #model: ChatModel;

  constructor(model: ChatModel) {
    super({ maxRetries: 0 });
    this.#model = model;
  }

  static override lc_name(): string {
    return 'FieldkitChatModel';
  }

  override _llmType(): string {
    return 'fieldkit';
  }

  /** For traces. */
  get model(): string {
    return this.#model.name;
  }

  override bindTools(
    tools: BindToolsInput[],
    options?: Partial<LangChainCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, LangChainCallOptions> {
    return this.withConfig({ tools, ...options } as Partial<LangChainCallOptions>); // exact optional fields get lost in LangChain's types
  }

  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    _run?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    const completion = await complete(this.#model, toRequest(messages, options), signalOf(options));
    return {
      generations: [{ text: completion.text, message: toMessage(completion) }],
      llmOutput: { model: completion.model },
    };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    let calls = 0;
    for await (const event of this.#model.chat(toRequest(messages, options), signalOf(options))) {
      const chunk = toChunk(event, calls);
      if (event.type === 'tool-call') calls += 1;
      yield chunk;
      await run?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
    }
  }
}

/** One of our embedders as LangChain embeddings. */
export class FieldkitEmbeddings extends Embeddings {
  readonly #embedder: Embedder;

  constructor(embedder: Embedder) {
    super({ maxRetries: 0 });
    this.#embedder = embedder;
  }

  override async embedDocuments(documents: string[]): Promise<number[][]> {
    const vectors = await this.#embedder.embed(documents, { use: 'document' });
    return vectors.map((vector) => [...vector]);
  }

  override async embedQuery(document: string): Promise<number[]> {
    const [vector] = await this.#embedder.embed([document], { use: 'query' });
    return [...(vector ?? [])];
  }
}

function signalOf({ signal }: { signal?: AbortSignal | undefined }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function toRequest(messages: readonly BaseMessage[], options: LangChainCallOptions): ChatRequest {
  const { tools = [], tool_choice: choice, temperature, maxOutputTokens, thinking, seed, output } = options;
  return {
    messages: messages.map(toChatMessage),
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
    ...(choice === undefined || tools.length === 0 ? {} : { toolChoice: toToolChoice(choice) }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(seed === undefined ? {} : { seed }),
    ...(output === undefined ? {} : { output }),
  };
}

function toTool(tool: BindToolsInput): NonNullable<ChatRequest['tools']>[number] {
  // What is no OpenAI tool yet is one of the kinds that LangChain converts.
  const { function: definition } = isOpenAITool(tool)
    ? tool
    : convertToOpenAITool(tool as Parameters<typeof convertToOpenAITool>[0]);
  return {
    name: definition.name,
    description: definition.description ?? '',
    inputSchema: (definition.parameters ?? { type: 'object', properties: {} }) as JsonSchema, // a JSON Schema by OpenAI's definition
  };
}

function toToolChoice(choice: unknown): NonNullable<ChatRequest['toolChoice']> {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  if (choice === 'any') return 'required';
  if (typeof choice === 'string') return { name: choice };
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined;
  if (typeof named === 'string') return { name: named };
  throw new FieldkitError(
    'INVALID_OPTION',
    `tool_choice is auto, none, required, any or a tool's name, not ${JSON.stringify(choice)}`,
  );
}

function toChatMessage(message: BaseMessage): ChatMessage {
  const content = textOf(message);
  switch (message.type) {
    case 'system':
    case 'developer':
      return { role: 'system', content };
    case 'ai': {
      const { tool_calls: calls = [], additional_kwargs: more } = message as AIMessage; // by its type
      const reasoning = typeof more.reasoning_content === 'string' ? more.reasoning_content : '';
      return {
        role: 'assistant',
        content,
        ...(calls.length === 0
          ? {}
          : {
              toolCalls: calls.map(({ id, name, args }, index) => ({
                id: id ?? `call_${index + 1}`,
                name,
                arguments: JSON.stringify(args),
              })),
            }),
        ...(reasoning === '' ? {} : { reasoning }),
      };
    }
    case 'tool': {
      const { tool_call_id: toolCallId, name = '' } = message as BaseMessage & { tool_call_id: string }; // by its type
      return { role: 'tool', toolCallId, name, content };
    }
    default:
      return { role: 'user', content };
  }
}

/** @throws {FieldkitError} `INVALID_OPTION` for pictures and files: they would be lost in silence. */
function textOf({ content, type }: BaseMessage): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => {
      if ('text' in part && typeof part.text === 'string') return part.text;
      if (part.type === 'reasoning' || part.type === 'tool_call') return '';
      throw new FieldkitError(
        'INVALID_OPTION',
        `a ${type} message has a part of type ${part.type}; only text can be sent`,
      );
    })
    .join('');
}

function usageMetadata({ inputTokens, outputTokens, cachedTokens, reasoningTokens }: Usage): UsageMetadata {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedTokens === undefined ? {} : { input_token_details: { cache_read: cachedTokens } }),
    ...(reasoningTokens === undefined ? {} : { output_token_details: { reasoning: reasoningTokens } }),
  };
}

function toMessage({ text, reasoning, toolCalls, usage, model, reason, findings }: ChatCompletion): AIMessage {
  const parsed = toolCalls.map((call) => ({ call, args: tryJson(call.arguments) }));
  const message = new AIMessage({
    content: text,
    tool_calls: parsed.flatMap(({ call, args }) =>
      isObject(args) ? [{ id: call.id, name: call.name, args: { ...args }, type: 'tool_call' as const }] : [],
    ),
    invalid_tool_calls: parsed.flatMap(({ call, args }) =>
      isObject(args)
        ? []
        : [
            {
              id: call.id,
              name: call.name,
              args: call.arguments,
              error: 'the arguments are not a JSON object',
              type: 'invalid_tool_call' as const,
            },
          ],
    ),
    additional_kwargs: reasoning === '' ? {} : { reasoning_content: reasoning },
    response_metadata: { model_name: model, finish_reason: reason, findings },
  });
  return Object.assign(message, { usage_metadata: usageMetadata(usage) }); // LangChain's types do not allow it in the constructor
}

function toChunk(event: ChatEvent, index: number): ChatGenerationChunk {
  switch (event.type) {
    case 'text-delta':
      return new ChatGenerationChunk({ text: event.text, message: new AIMessageChunk({ content: event.text }) });
    case 'reasoning-delta':
      return new ChatGenerationChunk({
        text: '',
        message: new AIMessageChunk({ content: '', additional_kwargs: { reasoning_content: event.text } }),
      });
    case 'tool-call': {
      const { id, name, arguments: args } = event.call;
      const tool_call_chunks = [{ id, name, args, index, type: 'tool_call_chunk' as const }];
      return new ChatGenerationChunk({ text: '', message: new AIMessageChunk({ content: '', tool_call_chunks }) });
    }
    case 'finish': {
      const response_metadata = { model_name: event.model, finish_reason: event.reason };
      const message = new AIMessageChunk({ content: '', response_metadata });
      Object.assign(message, { usage_metadata: usageMetadata(event.usage) });
      return new ChatGenerationChunk({ text: '', message });
    }
    case 'finding':
      return new ChatGenerationChunk({
        text: '',
        message: new AIMessageChunk({ content: '', response_metadata: { findings: [event.finding] } }),
      });
  }
}
