import { type ChatCompletion, type ChatEvent, type ChatRequest, type ToolCall } from '@fieldkit/core';
/** Asks the model once more, without streaming. */
export type AskAgain = (request: ChatRequest) => Promise<ChatCompletion>;
/** The events of a whole answer. */
export declare function completionEvents(completion: ChatCompletion): Generator<ChatEvent>;
/**
 * Structured output that fits its schema: mended without the model where the JSON is only badly written, else asked for once more.
 *
 * @throws {FieldkitError} `MODEL_INVALID_OUTPUT` when it does not fit the second time either.
 */
export declare function fitOutput(
  completion: ChatCompletion,
  request: ChatRequest,
  askAgain: AskAgain,
): Promise<ChatCompletion>;
/**
 * Tool calls whose arguments are a JSON object: mended without the model where possible, else the calls are asked for once more. What cannot
 * be mended is passed on as it is, with a finding: whoever runs tools refuses it.
 */
export declare function fitToolCalls(
  completion: ChatCompletion,
  request: ChatRequest,
  askAgain: AskAgain,
): Promise<ChatCompletion>;
export declare function hasBrokenArguments(call: ToolCall): boolean;
