import { Socket } from 'node:net';
import { createScriptedModel } from '@fieldkit/core/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { caller, callSearch, listen, passageOf, searchTool, testAgent } from './testing/fixtures.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('opens no connection, even when the environment asks for LangSmith tracing', async () => {
  for (const name of ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING_V2', 'LANGCHAIN_TRACING']) {
    vi.stubEnv(name, 'true');
  }
  vi.stubEnv('LANGSMITH_API_KEY', 'a-key');
  const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function refuse(this: Socket) {
    return this;
  });
  const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
  const model = createScriptedModel([{ toolCalls: [callSearch('torque')] }, 'It is 20 Nm [1: "20 Nm"].']);
  const agent = testAgent({ model, tools: [searchTool([passageOf('a', 'The torque is 20 Nm.')])] });
  const { answer } = await listen(agent.ask({ question: 'What torque?', caller }));
  await new Promise((resolve) => setTimeout(resolve, 300)); // a tracer would send in batches
  expect(answer.status).toBe('answered');
  expect(connect).not.toHaveBeenCalled();
  expect(fetched).not.toHaveBeenCalled();
});
