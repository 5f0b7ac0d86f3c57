import { type ChatEvent, type ChatRequest } from '@fieldkit/core';
export interface AnswerContext {
  readonly model: string;
  readonly host: string;
  readonly request: ChatRequest;
}
/**
 * Reads an answer's chunks (or its one whole body) into events.
 *
 * @throws {FieldkitError} `MODEL_STREAM_BROKEN` when it ends before the model finished, `MODEL_INVALID_RESPONSE` when it finished without
 * saying anything, or what an error inside the stream calls for.
 */
export declare function readChatAnswer(
  chunks: AsyncIterable<unknown>,
  context: AnswerContext,
): AsyncGenerator<ChatEvent>;
