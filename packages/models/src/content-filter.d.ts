import type { ToolCall } from '@fieldkit/core';
export type ContentPart =
  | {
      readonly type: 'text';
      readonly text: string;
    }
  | {
      readonly type: 'reasoning';
      readonly text: string;
    }
  | {
      readonly type: 'call';
      readonly call: ToolCall;
    };
/** Takes apart what a model wrote into its content although it does not belong there. */
export interface ContentFilter {
  push(text: string): ContentPart[];
  /** The rest, when the answer is over. */
  end(): ContentPart[];
}
/**
 * A filter for one answer's content. Thinking between `<think>` tags becomes reasoning. When tools were offered, a tool call that was
 * written as text (in tags, or as the whole answer) becomes a call, but only of a tool with one of the given names: everything else
 * stays text, letter by letter. Text is held back only while it may be the beginning of a tag, or of an answer that is nothing but JSON.
 */
export declare function createContentFilter(tools: readonly string[]): ContentFilter;
