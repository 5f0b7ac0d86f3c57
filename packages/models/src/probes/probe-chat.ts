import { type ChatRequest, toFieldkitError } from '@fieldkit/core';
import { readWholeAnswer } from '../chat-answer.ts';
import { completionOf } from '../chat-model.ts';
import { type JsonObject, listAt, objectAt, stringAt, tryJson } from '../json.ts';
import type { ModelFacts } from '../model-facts.ts';
import { readUsage } from '../read-usage.ts';
import { ask, ENDPOINT_FAILS, type ProbeSession, reasonOf, sorry } from './probe-session.ts';

const path = '/chat/completions';
const note = { said: 'nothing' };
const TOOL = {
  name: 'look_up_gate',
  description: 'Looks up when a gate opens.',
  inputSchema: { type: 'object', properties: { gate: { type: 'string' } }, required: ['gate'] },
};
const SCHEMA = {
  type: 'object',
  properties: { colour: { type: 'string' }, number: { type: 'integer' } },
  required: ['colour', 'number'],
  additionalProperties: false,
};

/** The bound of an answer, streaming, thinking, JSON modes and tools of a chat model. */
export async function probeChat(session: ProbeSession, model: string): Promise<void> {
  const { options, profile, transport, factsOf, post, stream, probe } = session;
  const facts = factsOf(model);
  // What was found out already holds for what is asked next.
  const bodyOf = (request: ChatRequest, as: ModelFacts = {}) =>
    profile.chatBody(request, model, { ...facts, ...session.differing(model), ...as }).body;
  const textOf = (answer: JsonObject, request: ChatRequest) =>
    completionOf(readWholeAnswer(answer, { model, host: transport.host, request }));
  const hello = ask('Say the word "ready" and nothing else.');

  const usual = options.profile === 'generic' ? 'max_tokens' : 'max_completion_tokens';
  const other = usual === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const limit = facts.outputLimit ?? usual;
  const bounded = async (name: string) => {
    const { max_tokens: _, max_completion_tokens: __, ...rest } = bodyOf(hello);
    await post(model, path, { ...rest, [name]: 32 });
  };
  const there = await probe(
    model,
    'bound of an answer',
    { fact: 'outputLimit', value: limit, said: limit },
    async () => {
      await bounded(usual);
      return { fact: usual, said: usual };
    },
    async () => {
      await bounded(other);
      return { fact: other, said: `${other}; ${usual} is refused` };
    },
  );
  if (!there) return;
  await probe(
    model,
    'an answer',
    { said: 'text, with usage' },
    async () => {
      const answer = await post(model, path, bodyOf(hello));
      const said = readUsage(answer) === undefined ? 'text, without usage' : 'text, with usage';
      return { said: `${said}; answered by ${stringAt(answer, 'model') ?? 'nobody named'}` };
    },
    sorry,
  );
  await probe(
    model,
    'a stream',
    { said: 'pieces, then usage' },
    async () => {
      const chunks = await stream(model, bodyOf(hello));
      const usage = chunks.some((chunk) => readUsage(chunk) !== undefined);
      return { said: `${chunks.length} pieces, ${usage ? 'then usage' : 'without usage'}` };
    },
    sorry,
  );

  if (options.profile === 'dashscope' || options.profile === 'vllm') await probeThinking(session, model, bodyOf);

  const modes: ('object' | 'schema')[] = [];
  const structured = async (mode: 'object' | 'schema') => {
    const request = {
      ...ask('Give a colour and a number as JSON with the keys "colour" (a word) and "number" (an integer).'),
      output: { name: 'sample', schema: SCHEMA },
    };
    const answer = await post(model, path, bodyOf(request, { jsonModes: [mode] }));
    const value = tryJson(textOf(answer, request).text);
    const { colour, number } = objectAt({ value }, 'value');
    if (typeof colour === 'string' && (mode === 'object' || Number.isInteger(number))) modes.push(mode);
  };
  const believedModes = facts.jsonModes ?? ['object', 'schema'];
  await probe(
    model,
    'JSON modes',
    { fact: 'jsonModes', value: believedModes, said: believedModes.join(', ') || 'none' },
    async () => {
      const refusals: string[] = [];
      for (const mode of ['object', 'schema'] as const) {
        await structured(mode).catch((error: unknown) => {
          const failure = toFieldkitError(error);
          if (ENDPOINT_FAILS.has(failure.code) || failure.code === 'CANCELLED') throw failure;
          refusals.push(`${mode}: ${reasonOf(failure.message)}`);
        });
      }
      return { fact: modes, said: [modes.join(', ') || 'none', ...refusals].join('; ') };
    },
    sorry,
  );

  const gate: ChatRequest = { ...ask('When does gate 7 open? Use the tool.'), tools: [TOOL] };
  const calls = (answer: JsonObject) => textOf(answer, gate).toolCalls.map(({ name }) => name);
  await probe(
    model,
    'a tool, by choice',
    { said: 'a call' },
    async () => {
      const made = calls(await post(model, path, bodyOf(gate)));
      return { said: made.length === 0 ? 'no call' : `a call of ${made.join(', ')}` };
    },
    sorry,
  );
  const forced = facts.forcedTools ?? true;
  await probe(
    model,
    'a tool, demanded',
    { fact: 'forcedTools', value: forced, said: forced ? 'a call' : 'refused' },
    async () => {
      const demanded = { ...gate, toolChoice: { name: TOOL.name } };
      const made = calls(await post(model, path, bodyOf(demanded, { forcedTools: true })));
      return { fact: made.length > 0, said: made.length > 0 ? 'a call' : 'accepted, but no call' };
    },
    (message) => ({ fact: false, ...sorry(message) }),
  );
  await probe(
    model,
    'several calls at once, unless told',
    note,
    async () => {
      const { parallel_tool_calls: _, ...rest } = bodyOf({
        ...gate,
        messages: [{ role: 'user', content: 'When do gate 7 and gate 8 open? Call the tool for both at once.' }],
      });
      return { said: `${calls(await post(model, path, rest)).length} calls` };
    },
    sorry,
  );
}

async function probeThinking(
  session: ProbeSession,
  model: string,
  bodyOf: (request: ChatRequest, as?: ModelFacts) => JsonObject,
): Promise<void> {
  const { options, factsOf, post, stream, probe } = session;
  const facts = factsOf(model);
  const sum = ask('What is 17 + 25?');
  const switchable: ModelFacts = { thinking: 'hybrid' };
  const thinks = async (thinking: boolean) => {
    const chunks = await stream(model, bodyOf({ ...sum, thinking }, switchable));
    return chunks.some((chunk) => {
      const delta = objectAt(objectAt({ first: listAt(chunk, 'choices')[0] }, 'first'), 'delta');
      return (stringAt(delta, 'reasoning_content') ?? stringAt(delta, 'reasoning') ?? '') !== '';
    });
  };
  const tried = async (thinking: boolean) =>
    thinks(thinking).catch((error: unknown) => {
      const failure = toFieldkitError(error);
      if (ENDPOINT_FAILS.has(failure.code) || failure.code === 'CANCELLED') throw failure;
      return 'refused' as const;
    });
  const believed = facts.thinking ?? 'hybrid';
  await probe(
    model,
    'thinking',
    { fact: 'thinking', value: believed, said: believed },
    async () => {
      const [on, off] = [await tried(true), await tried(false)];
      const kind = on !== true ? 'none' : off === false ? 'hybrid' : 'only';
      const word = (seen: boolean | 'refused') => (seen === 'refused' ? 'refused' : seen ? 'thinks' : 'does not think');
      return { fact: kind, said: `${kind}: switched on it ${word(on)}, off it ${word(off)}` };
    },
    sorry,
  );
  await probe(
    model,
    'thinking, unless told',
    note,
    async () => {
      const { enable_thinking: _, chat_template_kwargs: __, ...rest } = bodyOf(sum, switchable);
      const message = objectAt(
        objectAt({ first: listAt(await post(model, path, rest), 'choices')[0] }, 'first'),
        'message',
      );
      return { said: (stringAt(message, 'reasoning_content') ?? '') === '' ? 'does not think' : 'thinks' };
    },
    sorry,
  );
  await probe(
    model,
    'thinking, not streamed',
    note,
    async () => {
      await post(model, path, bodyOf({ ...sum, thinking: true }, switchable));
      return { said: 'accepted' };
    },
    sorry,
  );
  if (options.profile !== 'dashscope') return;
  for (const [fact, extra] of [
    ['reasoningEffort', { reasoning_effort: 'medium' }],
    ['preserveThinking', { preserve_thinking: true }],
  ] as const) {
    if (facts[fact] !== true) continue;
    await probe(
      model,
      fact === 'reasoningEffort' ? 'reasoning effort' : 'earlier thinking given back',
      { fact, value: true, said: 'accepted' },
      async () => {
        await stream(model, { ...bodyOf({ ...sum, thinking: true }, switchable), ...extra });
        return { fact: true, said: 'accepted' };
      },
      (message) => ({ fact: false, ...sorry(message) }),
    );
  }
}
