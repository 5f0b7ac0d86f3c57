import type { ToolCall } from '@fieldkit/core';
/** Puts streamed pieces of tool calls together. */
export interface ToolCallDeltas {
  /** One `delta` of the stream, or a whole message. */
  add(delta: unknown): void;
  /** Complete calls in order, every id present and different. */
  calls(): ToolCall[];
}
/**
 * Pieces belong together by `index`. Known servers send the id once and then `""`, or with every piece; leave the index out; repeat index 0
 * with a new id for a second call; or send the arguments as an object.
 */
export declare function createToolCallDeltas(): ToolCallDeltas;
