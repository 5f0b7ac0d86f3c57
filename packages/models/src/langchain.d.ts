import { type ChatModel, type ChatRequest, type Embedder } from '@fieldkit/core';
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { Embeddings } from '@langchain/core/embeddings';
import { type BaseLanguageModelInput } from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from '@langchain/core/language_models/chat_models';
import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
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
export declare class FieldkitChatModel extends BaseChatModel<LangChainCallOptions, AIMessageChunk> {
  #private;
  constructor(model: ChatModel);
  static lc_name(): string;
  _llmType(): string;
  /** For traces. */
  get model(): string;
  bindTools(
    tools: BindToolsInput[],
    options?: Partial<LangChainCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, LangChainCallOptions>;
  _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    _run?: CallbackManagerForLLMRun,
  ): Promise<ChatResult>;
  _streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk>;
}
/** One of our embedders as LangChain embeddings. */
export declare class FieldkitEmbeddings extends Embeddings {
  #private;
  constructor(embedder: Embedder);
  embedDocuments(documents: string[]): Promise<number[][]>;
  embedQuery(document: string): Promise<number[]>;
}
