import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestProject, type TestProject, type TestServer, testServer } from './testing/test-project.ts';

/** What a request leaves behind in the process that listens: nothing that is not bounded. */

const REQUESTS = 12;
/** The last one or two may still be held by what has not been used since. */
const MAY_STAY = 2;

let ferry: TestProject;
let server: TestServer;
/** The signals that came with the questions. */
const signals: WeakRef<AbortSignal>[] = [];
let collect: () => void;

beforeAll(async () => {
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc');
  ferry = await openTestProject();
  const ask: TestProject['project']['ask'] = (question, options) => {
    if (options?.signal !== undefined) signals.push(new WeakRef(options.signal));
    return ferry.project.ask(question, options);
  };
  server = testServer(ferry, { answers: { ask, lagMs: () => 0 }, config: { logLevel: 'silent' } });
});
afterAll(async () => {
  await server.server.close();
  await ferry.close();
});

const messages = [{ id: 'm', role: 'user', content: 'When does the ferry to Lund leave on Sundays?' }];
const chat = (more: object) => ({ path: '/v1/chat/completions', json: { model: 'ferry', messages, ...more } });
const CALLS: Readonly<Record<string, { path: string; json?: unknown; headers?: Record<string, string> }>> = {
  'a streamed answer': chat({ stream: true }),
  'a whole answer': chat({}),
  'an answer in a session': { ...chat({}), headers: { 'x-session-id': 'one' } },
  'a refused question': chat({ model: 'another' }),
  'an AG-UI run': { path: '/agui', json: { threadId: 't', runId: 'r', state: {}, tools: [], context: [], messages } },
  'an MCP call': {
    path: '/mcp',
    headers: { accept: 'application/json, text/event-stream' },
    json: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
  },
  'a list of documents': { path: '/api/documents' },
  'a search': { path: '/api/search?query=ferry' },
};

it.each(Object.entries(CALLS))('%s is forgotten once it is over', async (_, { path, json, headers = {} }) => {
  const key = server.key({ role: 'operator' });
  const requests: WeakRef<Request>[] = [];
  signals.length = 0;
  for (let index = 0; index < REQUESTS; index += 1) {
    const request = new Request(`http://localhost${path}`, {
      method: json === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    requests.push(new WeakRef(request));
    await (await server.server.fetch(request)).text();
  }
  const kept = () => [...requests, ...signals].filter((one) => one.deref() !== undefined).length;
  for (let turn = 0; turn < 100 && kept() > MAY_STAY; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  expect(kept()).toBeLessThanOrEqual(MAY_STAY);
});
