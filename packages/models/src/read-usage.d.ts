import { type ChatRequest, type Usage } from '@fieldkit/core';
/** Usage of a chat answer as the wire says it, or undefined when it says none. Cache reads are inside the input, reasoning inside the output. */
export declare function readUsage(body: unknown): Usage | undefined;
/** Tokens that a request will probably take on its way in. */
export declare function estimateInputTokens({ messages, tools, output }: ChatRequest): number;
