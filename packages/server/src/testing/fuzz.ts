import fc from 'fast-check';
import type { TestServer } from './test-project.ts';

/** What a body may be: any JSON, a right body with one part replaced, or bytes. */
type Body = { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'bytes'; readonly value: Uint8Array };

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '__proto__', 'ferry', 'What does a bicycle cost?', '[1]', 'data: x\n\n'),
);
const anything = fc.oneof(
  fc.anything({ maxDepth: 3, withNullPrototype: false }).filter(isJson),
  text,
  fc.constantFrom(null, [], {}, -1, 1e308, 0.5, true),
);

/** Mostly a right value, sometimes anything: a body that is wrong in one place gets far. */
const mostly = (...right: readonly unknown[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: anything });
const question = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('What does a bicycle cost?', '渡轮几点开？') }, text);

const message = fc.record({
  role: mostly('user', 'user', 'assistant', 'system', 'tool'),
  content: fc.oneof({ weight: 6, arbitrary: question }, fc.array(fc.record({ type: mostly('text'), text })), anything),
});
const messages = fc
  .tuple(fc.array(message, { maxLength: 3 }), question)
  .map(([before, last]) => [...before, { role: 'user', content: last }]);
const chat = fc.record(
  {
    model: mostly('ferry'),
    messages: fc.oneof({ weight: 8, arbitrary: messages }, anything),
    stream: mostly(true, false, null),
    stream_options: mostly({ include_usage: true }, {}, null),
    n: mostly(1, null),
    tool_choice: mostly('auto', 'none'),
    response_format: mostly({ type: 'text' }, null),
    fieldkit: mostly({ sources: true }, {}, null),
    temperature: anything,
  },
  { requiredKeys: ['model', 'messages'] },
);
const agui = fc.record({
  threadId: mostly('t1'),
  runId: mostly('r1'),
  messages: fc.oneof({ weight: 8, arbitrary: messages }, anything),
  state: anything,
});
const search = fc.record(
  { query: question, limit: mostly(1, 8, 50), filter: mostly({ language: 'en' }, { uri: ['a', 'b'] }) },
  { requiredKeys: ['query'] },
);
const feedback = fc.record({ runId: text, verdict: mostly('down', 'up'), comment: question });
const mcp = fc.record({
  jsonrpc: fc.constantFrom('2.0', '1.0'),
  id: mostly(1, 'a'),
  method: mostly('initialize', 'tools/list', 'tools/call', 'server/discover'),
  params: mostly(
    {},
    { name: 'search_knowledge', arguments: { query: 'bicycle' } },
    { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'f', version: '1' } },
  ),
});

const SHAPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  '/v1/chat/completions': chat,
  '/agui': agui,
  '/api/search': search,
  '/api/feedback': feedback,
  '/api/feedback/none/case': fc.record({ references: anything, expect: anything }),
  '/mcp': mcp,
};

/** Requests to every route that takes a body. */
export const fuzzedRequest: fc.Arbitrary<{ readonly path: string; readonly body: Body }> = fc
  .constantFrom(...Object.keys(SHAPES))
  .chain((path) =>
    fc.record({
      path: fc.constant(path),
      body: fc.oneof(
        { weight: 6, arbitrary: (SHAPES[path] ?? anything).map((value): Body => ({ kind: 'json', value })) },
        { weight: 2, arbitrary: anything.map((value): Body => ({ kind: 'json', value })) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((value): Body => ({ kind: 'bytes', value })) },
      ),
    }),
  );

/** Sends one and says what is wrong with the answer; undefined when nothing is. */
export async function checkFuzzed(
  { server }: TestServer,
  { path, body }: { readonly path: string; readonly body: Body },
  onStatus: (status: number) => void = () => {},
): Promise<string | undefined> {
  const bytes = body.kind === 'bytes' ? new Uint8Array(body.value) : JSON.stringify(body.value);
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const request = new Request(`http://localhost${path}`, { method: 'POST', headers, body: bytes });
  const response = await within(20_000, server.fetch(request));
  if (response === undefined) return 'no response after 20 s';
  const said = await within(20_000, response.text());
  if (said === undefined) return 'the response did not end after 20 s';
  const { status } = response;
  onStatus(status);
  if (status < 400) return undefined;
  if (status >= 500) return `status ${status}: ${said.slice(0, 300)}`;
  const { error } = JSON.parse(said);
  if (path === '/mcp' ? typeof error?.code === 'number' || typeof error?.code === 'string' : hasShape(error))
    return undefined;
  return `an error without a type: ${said.slice(0, 300)}`;
}

function hasShape(error: unknown): boolean {
  if (error === null || typeof error !== 'object') return false;
  return ['message', 'type', 'code'].every((name) => typeof Reflect.get(error, name) === 'string');
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
