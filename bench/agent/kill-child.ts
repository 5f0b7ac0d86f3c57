import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Agent,
  type AgentEvent,
  answer,
  createAgent,
  gather,
  understand,
} from '../../packages/agent/src/index.ts';
import type { ChatEvent, ChatModel, ChatRequest, Tool } from '../../packages/core/src/index.ts';

/**
 * One process of `kill-runs.ts`: asks (or resumes) one question with a model that depends on its request alone and a tool that writes a
 * line to a file. Prints each tool and node end as it happens, and the answer at the end.
 */
const [folder = '.', mode = 'ask', idempotent = 'yes'] = process.argv.slice(2);
const effects = join(folder, 'effects.log');
const caller = { tenant: 'default', subject: 'bench', groups: [] };
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

const model: ChatModel = {
  name: 'by-request',
  async *chat(request: ChatRequest): AsyncIterable<ChatEvent> {
    await pause(4);
    const usage = { inputTokens: 10, outputTokens: 10, calls: 1 };
    const results = request.messages.filter(({ role }) => role === 'tool').length;
    if (request.tools !== undefined && results < 2) {
      const calls = [
        { id: 'a', name: 'find', arguments: JSON.stringify({ query: `round ${results}` }) },
        { id: 'b', name: 'book', arguments: JSON.stringify({ visit: results }) },
      ];
      for (const call of calls) yield { type: 'tool-call', call };
      yield { type: 'finish', reason: 'tool-calls', usage, model: 'by-request' };
      return;
    }
    for (const word of ['The visit ', 'was booked ', '[2: "booked: 0"]. ', 'It is ', 'a test ', '[1: "a test"].']) {
      await pause(1);
      yield { type: 'text-delta', text: word };
    }
    yield { type: 'finish', reason: 'stop', usage, model: 'by-request' };
  },
};

const find: Tool = {
  name: 'find',
  description: 'reads',
  inputSchema: { type: 'object' },
  effects: 'read',
  yields: 'record',
  timeoutMs: 5000,
  async run() {
    await pause(3);
    return { data: { note: 'this is a test' }, text: '', isError: false };
  },
};

const book: Tool = {
  name: 'book',
  description: 'writes',
  inputSchema: { type: 'object' },
  effects: 'write',
  idempotent: idempotent === 'yes',
  yields: 'record',
  timeoutMs: 5000,
  async run(input, { callId }) {
    const { visit } = input as { visit: number }; // the model above calls it so
    await pause(2);
    const done = existsSync(effects) ? readFileSync(effects, 'utf8') : '';
    if (!(idempotent === 'yes' && done.includes(`${callId}\n`))) appendFileSync(effects, `${callId}\n`);
    await pause(3);
    return { data: { booked: visit }, text: '', isError: false };
  },
};

const agent: Agent = createAgent({
  plan: { nodes: [understand(), gather({ rounds: 1 }), answer()], granted: ['book'] },
  models: () => model,
  tools: [find, book],
  locate: () => undefined,
  checkpoints: join(folder, 'sessions.db'),
});

async function hear(events: AsyncIterable<AgentEvent>): Promise<void> {
  for await (const event of events) {
    if (event.type === 'tool-end' || event.type === 'node-end') say({ ended: event.stepId });
    if (event.type === 'run-end') {
      const steps = event.run.steps.filter(({ error }) => error === undefined).map(({ id }) => id);
      say({ text: event.answer.text, status: event.answer.status, error: event.run.error?.code, steps });
    }
  }
}

say({ ready: true });
if (mode === 'ask') await hear(agent.ask({ question: 'Book the visit, is it a test?', caller, runId: 'run-k' }));
else {
  try {
    await hear(agent.resume({ runId: 'run-k', caller }));
    for (const { id, reason } of await agent.approvals(caller)) {
      say({ asked: reason });
      await agent.decide(caller, id, { decision: 'reject', by: 'bench' });
      await hear(agent.resume({ runId: 'run-k', caller }));
    }
  } catch (error) {
    say({ failed: String(error) });
  }
}
await agent.close();
