import { type EvidenceItem, parseEvidence } from '@fieldkit/core';
import { type ChatBody, toolsOf } from './chat-request.ts';
import { type ChosenCall, chooseTools, forcedCall, otherForm } from './choose-tools.ts';
import type { Conversation, WireMessage } from './conversation.ts';
import { fillSchema } from './fill-schema.ts';
import { refusal, type WireError } from './wire-error.ts';
import { writeAnswer } from './write-answer.ts';

export type Reply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly ChosenCall[] }
  | { readonly kind: 'error'; readonly error: WireError };

/** What the stand-in says to a request: nothing but the request decides. */
export function replyTo(body: ChatBody, messages: readonly WireMessage[], conversation: Conversation): Reply {
  const schema =
    body.response_format?.type === 'json_schema' ? (body.response_format.json_schema?.schema ?? {}) : undefined;
  const items = evidenceOf(messages, conversation);
  if (asksForJudgement(body, schema, messages, items)) return { kind: 'error', error: refusal() };
  const calls = callsFor(body, conversation, items);
  if (calls.length > 0) return { kind: 'calls', calls };
  if (schema !== undefined) return { kind: 'text', text: JSON.stringify(fillSchema(schema, conversation)) };
  if (body.response_format?.type === 'json_object') {
    return { kind: 'text', text: JSON.stringify({ answer: writeAnswer(conversation, items) }) };
  }
  return { kind: 'text', text: writeAnswer(conversation, items) };
}

/** Marked-up evidence of all messages; tool results without markup count as records that cannot be cited. */
function evidenceOf(messages: readonly WireMessage[], { results }: Conversation): EvidenceItem[] {
  const marked = parseEvidence(messages.map(({ content }) => content).join('\n'));
  const seen = new Map(marked.map((item) => [`${item.number} ${item.text}`, item]));
  if (seen.size > 0) return [...seen.values()];
  return results.filter(hasContent).map((text) => ({
    number: 0,
    kind: 'record' as const,
    title: '',
    place: '',
    headings: [],
    context: '',
    text: readable(text),
  }));
}

/** JSON of a tool of another make, as lines. */
function readable(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string'
      ? value
      : JSON.stringify(value, null, 1)
          .replace(/[{}[\]"]|,$/gm, '')
          .replace(/^\s*\n/gm, '');
  } catch {
    return text;
  }
}

/** A result that is empty, an error, or one short sentence that says that there is nothing. */
function hasContent(text: string): boolean {
  const bare = text.trim();
  return (
    bare !== '' &&
    !/^(?:\[\s*\]|\{\s*\}|null|""|error\b.*)$/is.test(bare) &&
    !/^(?:(?:no|nothing|none|not found|0)\b|没有|未找到|无)[^\n]{0,40}$/i.test(bare)
  );
}

function callsFor(body: ChatBody, conversation: Conversation, items: readonly EvidenceItem[]): ChosenCall[] {
  const tools = toolsOf(body);
  const choice = body.tool_choice ?? 'auto';
  if (tools.length === 0 || choice === 'none' || conversation.question === '') return [];
  if (conversation.results.length > 0) {
    // One more try when nothing was found, and never a third.
    const rounds = new Set(conversation.calls.map(({ id }) => id)).size;
    const nothing = items.length === 0;
    return nothing && rounds > 0 && conversation.results.length === rounds ? otherForm(tools, conversation) : [];
  }
  if (typeof choice === 'object') {
    const tool = tools.find(({ name }) => name === choice.function.name);
    return tool === undefined ? [] : [forcedCall(tool, conversation)];
  }
  return chooseTools(tools, conversation, choice === 'required');
}

const JUDGEMENT_NAME =
  /^(?:verdict|scores?|grades?|ratings?|winner|judge?ments?|passed|pass|faithful(?:ness)?|correct(?:ness)?|relevan(?:t|ce|cy)|grounded(?:ness)?)$/i;

/** An opinion on an answer cannot be made by rules: a schema that asks for a verdict, or a system message that does and gives no evidence. */
function asksForJudgement(
  body: ChatBody,
  schema: Readonly<Record<string, unknown>> | undefined,
  messages: readonly WireMessage[],
  items: readonly EvidenceItem[],
): boolean {
  if (schema !== undefined) return propertyNames(schema).some((name) => JUDGEMENT_NAME.test(name));
  if (items.length > 0 || (body.tools ?? []).length > 0) return false;
  const system = messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ content }) => content)
    .join('\n');
  return (
    /\b(?:grade|judge|score|rate|evaluate|assess)\b[^.\n]{0,80}\b(?:answers?|responses?|outputs?|completions?)\b/i.test(
      system,
    ) || /(?:评分|打分|评判|评估)[^。\n]{0,30}(?:答案|回答)/.test(system)
  );
}

function propertyNames(schema: unknown, depth = 0): string[] {
  if (schema === null || typeof schema !== 'object' || depth > 6) return [];
  const { properties, items } = schema as { properties?: unknown; items?: unknown }; // read with care below
  const own = properties !== null && typeof properties === 'object' ? Object.entries(properties) : [];
  return [
    ...own.flatMap(([name, property]) => [name, ...propertyNames(property, depth + 1)]),
    ...propertyNames(items, depth + 1),
  ];
}
