import type { ToolCall } from '@fieldkit/core';
import { isObject, stringAt } from './json.ts';
import { repairJson } from './repair-json.ts';

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'call'; readonly call: ToolCall };

/** Takes apart what a model wrote into its content although it does not belong there. */
export interface ContentFilter {
  push(text: string): ContentPart[];
  /** The rest, when the answer is over. */
  end(): ContentPart[];
}

interface Span {
  readonly open: string;
  readonly close: string;
  readonly kind: 'reasoning' | 'call';
}

const THINK: Span = { open: '<think>', close: '</think>', kind: 'reasoning' };
/** How Qwen's and Hermes' templates write tool calls when the server does not parse them. */
const CALLS: readonly Span[] = [
  { open: '<tool_call>', close: '</tool_call>', kind: 'call' },
  { open: '<function=', close: '</function>', kind: 'call' },
];

const FENCE = '```';

/**
 * A filter for one answer's content. Thinking between `<think>` tags becomes reasoning. When tools were offered, a tool call that was
 * written as text (in tags, or as the whole answer) becomes a call, but only of a tool with one of the given names: everything else
 * stays text, letter by letter. Text is held back only while it may be the beginning of a tag, or of an answer that is nothing but JSON.
 */
export function createContentFilter(tools: readonly string[]): ContentFilter {
  const spans = tools.length > 0 ? [THINK, ...CALLS] : [THINK];
  let pending = '';
  let inside: Span | undefined;
  let started = false;
  let wholeJson = false;
  let spoken = false;
  let calls = 0;
  /** After thinking: the white space before the answer goes too. */
  let trimming = false;

  const asCalls = (text: string): ContentPart[] | undefined => {
    const found = textCalls(text, tools);
    return found?.map(({ name, arguments: input }) => {
      calls += 1;
      return { type: 'call', call: { id: `call_text_${calls}`, name, arguments: input } };
    });
  };

  const drain = (last: boolean): ContentPart[] => {
    const parts: ContentPart[] = [];
    for (;;) {
      if (inside !== undefined) {
        const end = pending.indexOf(inside.close);
        if (end === -1 && !last) {
          if (inside.kind === 'reasoning') {
            const safe = pending.length - overlapWith(pending, [inside.close]);
            if (safe > 0) parts.push({ type: 'reasoning', text: pending.slice(0, safe) });
            pending = pending.slice(safe);
          }
          return parts;
        }
        const body = end === -1 ? pending : pending.slice(0, end);
        const close = end === -1 ? '' : inside.close;
        pending = end === -1 ? '' : pending.slice(end + inside.close.length);
        if (inside.kind === 'reasoning') {
          if (body !== '') parts.push({ type: 'reasoning', text: body });
          trimming = true;
          if (!spoken) started = false; // the answer proper may still be nothing but a call
        } else {
          const whole = `${inside.open}${body}${close}`;
          parts.push(...(asCalls(whole) ?? [{ type: 'text' as const, text: whole }]));
        }
        inside = undefined;
        if (pending === '') return parts;
        continue;
      }
      if (trimming) pending = pending.trimStart();
      if (pending !== '') trimming = false;
      if (!started) {
        const lead = pending.trimStart();
        const undecided = lead === '' || (tools.length > 0 && lead.length < FENCE.length && FENCE.startsWith(lead));
        if (undecided && !last) return parts;
        started = lead !== '';
        wholeJson = tools.length > 0 && (/^[{[]/.test(lead) || lead.startsWith(FENCE));
      }
      if (wholeJson) {
        if (!last) return parts;
        parts.push(...(asCalls(pending) ?? [{ type: 'text' as const, text: pending }]));
        pending = '';
        return parts;
      }
      const next = spans
        .map((span) => ({ span, at: pending.indexOf(span.open) }))
        .filter(({ at }) => at !== -1)
        .sort((a, b) => a.at - b.at)[0];
      if (next === undefined) {
        const held = last
          ? 0
          : overlapWith(
              pending,
              spans.map(({ open }) => open),
            );
        const text = pending.slice(0, pending.length - held);
        if (text !== '') parts.push({ type: 'text', text });
        spoken ||= text.trim() !== '';
        pending = pending.slice(pending.length - held);
        return parts;
      }
      if (next.at > 0) {
        const text = pending.slice(0, next.at);
        parts.push({ type: 'text', text });
        spoken ||= text.trim() !== '';
      }
      pending = pending.slice(next.at + next.span.open.length);
      inside = next.span;
    }
  };

  return {
    push(text) {
      pending += text;
      // The common case: nothing held back and nothing that begins a tag.
      if (inside === undefined && started && !trimming && !wholeJson && pending === text && !text.includes('<')) {
        pending = '';
        return text === '' ? [] : [{ type: 'text', text }];
      }
      return drain(false);
    },
    end: () => drain(true),
  };
}

/** Length of the longest end of `text` that is a beginning of one of the tags. */
function overlapWith(text: string, tags: readonly string[]): number {
  let longest = 0;
  for (const tag of tags) {
    for (let length = Math.min(tag.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(tag.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/** Tool calls that a text is, or undefined when it is something else. */
function textCalls(text: string, tools: readonly string[]): { name: string; arguments: string }[] | undefined {
  const xml = xmlCall(text, tools);
  if (xml !== undefined) return [xml];
  const body = text.replace(/<\/?tool_call>/g, '').trim();
  if (!/^(?:```(?:json)?\s*)?[{[]/.test(body)) return undefined;
  const value = repairJson(body)?.value;
  const list = Array.isArray(value) ? value : [value];
  const found = list.map((one) => {
    const inner = isObject(one) && isObject(one.function) ? one.function : one;
    const name = stringAt(inner, 'name');
    const input = isObject(inner) ? (inner.arguments ?? inner.parameters) : undefined;
    if (name === undefined || !tools.includes(name) || input === undefined) return undefined;
    return { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) };
  });
  const calls = found.filter((one) => one !== undefined);
  return calls.length > 0 && calls.length === list.length ? calls : undefined;
}

/** `<function=name><parameter=key>value</parameter></function>`, as Qwen's coder templates write it. */
function xmlCall(text: string, tools: readonly string[]): { name: string; arguments: string } | undefined {
  const [, name = '', body = ''] = /<function=([\w.-]+)>([\s\S]*?)<\/function>/.exec(text) ?? [];
  if (!tools.includes(name)) return undefined;
  const input: Record<string, unknown> = {};
  for (const [, key = '', raw = ''] of body.matchAll(/<parameter=([\w.-]+)>\n?([\s\S]*?)\n?<\/parameter>/g)) {
    // Only what is clearly no string is read as something else.
    input[key] = /^(?:true|false|null|[{[])/.test(raw.trim()) ? (repairJson(raw)?.value ?? raw) : raw;
  }
  return { name, arguments: JSON.stringify(input) };
}
