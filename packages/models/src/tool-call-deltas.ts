import type { ToolCall } from '@fieldkit/core';
import { isObject, listAt, numberAt, objectAt, stringAt } from './json.ts';

interface OpenCall {
  id: string;
  name: string;
  arguments: string;
}

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
export function createToolCallDeltas(): ToolCallDeltas {
  const open: OpenCall[] = [];
  const byIndex = new Map<number, OpenCall>();
  return {
    add(delta) {
      for (const piece of listAt(delta, 'tool_calls')) {
        const id = stringAt(piece, 'id') ?? '';
        const index = numberAt(piece, 'index');
        const name = stringAt(objectAt(piece, 'function'), 'name') ?? '';
        let call = index === undefined ? open.at(-1) : byIndex.get(index);
        const another = call !== undefined && id !== '' && call.id !== '' && call.id !== id;
        if (call === undefined || another || (index === undefined && id === '' && name !== '')) {
          call = { id: '', name: '', arguments: '' };
          open.push(call);
          if (index !== undefined) byIndex.set(index, call);
        }
        if (call.id === '') call.id = id;
        if (call.name === '') call.name = name;
        const text = objectAt(piece, 'function').arguments;
        if (typeof text === 'string') call.arguments += text;
        else if (isObject(text)) call.arguments += JSON.stringify(text);
      }
    },
    calls() {
      const seen = new Set<string>();
      return open.map((call, number) => {
        let id = call.id === '' ? `call_${number + 1}` : call.id;
        while (seen.has(id)) id = `${id}_${number + 1}`;
        seen.add(id);
        return { id, name: call.name.trim(), arguments: call.arguments.trim() === '' ? '{}' : call.arguments };
      });
    },
  };
}
