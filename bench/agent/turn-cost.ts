import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, createAgent, gather, understand } from '../../packages/agent/src/index.ts';
import type { ChatEvent, ChatMessage, ChatModel, ChatRequest, Tool } from '../../packages/core/src/index.ts';

/**
 * CPU per turn of four model and two tool calls, over a bare loop that makes the same calls on the same in-process model:
 * `node --expose-gc --conditions=@fieldkit/source bench/agent/turn-cost.ts [turns] [FILE]`. Prints one JSON object, and writes it to the file; CPU in ms per turn,
 * heap in KB.
 */
const turns = Number(process.argv[2] ?? 300);
const caller = { tenant: 'default', subject: 'bench', groups: [] };
const TEXT = 'Tighten the seal bolts to 20 Nm in a crosswise pattern. '.repeat(8).trim();

const model: ChatModel = {
  name: 'bench',
  async *chat(request: ChatRequest): AsyncIterable<ChatEvent> {
    const usage = { inputTokens: 500, outputTokens: 40, calls: 1 };
    const rounds = request.messages.filter(({ role }) => role === 'tool').length;
    if (request.output !== undefined) {
      yield {
        type: 'text-delta',
        text: '{"question":"What torque?","language":"en","inScope":true,"subQuestions":[]}',
      };
    } else if (request.tools !== undefined && rounds < 2) {
      yield {
        type: 'tool-call',
        call: { id: `c${rounds}`, name: 'search', arguments: `{"query":"torque ${rounds}"}` },
      };
    } else {
      for (let word = 0; word < 20; word += 1) yield { type: 'text-delta', text: 'bolt ' };
      yield { type: 'text-delta', text: 'need 20 Nm [1: "20 Nm"].' };
    }
    yield { type: 'finish', reason: 'stop', usage, model: 'bench' };
  },
};

let searches = 0;
const search: Tool = {
  name: 'search',
  description: 'search',
  inputSchema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
  effects: 'read',
  yields: 'record',
  timeoutMs: 5_000,
  // The first round fails softly, so that a second is made.
  async run() {
    searches += 1;
    return { data: { note: TEXT }, text: TEXT, isError: searches % 2 === 1 };
  },
};

/** What one would write without a toolkit: no record, no check, no bounds. */
async function bareTurn(): Promise<void> {
  const ask = async (request: ChatRequest) => {
    let text = '';
    const calls = [];
    for await (const event of model.chat(request)) {
      if (event.type === 'text-delta') text += event.text;
      if (event.type === 'tool-call') calls.push(event.call);
    }
    return { text, calls };
  };
  const user: ChatMessage = { role: 'user', content: 'What torque?' };
  await ask({ messages: [user], output: { name: 'x', schema: {} } });
  const messages: ChatMessage[] = [user];
  for (let round = 0; round < 2; round += 1) {
    const { calls } = await ask({ messages, tools: [search] });
    for (const call of calls) {
      const { text } = await search.run(JSON.parse(call.arguments), { caller, callId: call.id });
      messages.push(
        { role: 'assistant', content: '', toolCalls: [call] },
        { role: 'tool', toolCallId: call.id, name: call.name, content: text },
      );
    }
  }
  await ask({ messages });
}

async function cpuPerTurn(turn: () => Promise<void>): Promise<number> {
  for (let index = 0; index < 50; index += 1) await turn();
  const before = process.cpuUsage();
  for (let index = 0; index < turns; index += 1) await turn();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / turns;
}

const folder = mkdtempSync(join(tmpdir(), 'turn-'));
const agentOn = (checkpoints: string) =>
  createAgent({
    plan: {
      nodes: [understand({ when: 'always' }), gather({ rounds: 2 }), answer()],
      budget: { steps: 12, seconds: 60 },
    },
    models: () => model,
    tools: [search],
    locate: () => undefined,
    checkpoints,
  });
const turnOf = (agent: ReturnType<typeof agentOn>) => async () => {
  let calls = 0;
  for await (const event of agent.ask({ question: 'What torque?', caller })) {
    if (event.type === 'run-end') calls = event.run.steps.filter(({ kind }) => kind !== 'node').length;
  }
  if (calls !== 6) throw new Error(`a turn made ${calls} calls, not 6`);
};

const bare = await cpuPerTurn(bareTurn);
const file = agentOn(join(folder, 's.db'));
const memory = agentOn(':memory:');
const onFile = await cpuPerTurn(turnOf(file));
const inMemory = await cpuPerTurn(turnOf(memory));

globalThis.gc?.();
const heapBefore = process.memoryUsage().heapUsed;
await cpuPerTurn(turnOf(memory));
globalThis.gc?.();
const heapGrowthKb = Math.round((process.memoryUsage().heapUsed - heapBefore) / 1024);
const round = (value: number) => Math.round(value * 100) / 100;
const text = `${JSON.stringify(
  {
    turns,
    bareMs: round(bare),
    fileMs: round(onFile),
    memoryMs: round(inMemory),
    overBareFileMs: round(onFile - bare),
    overBareMemoryMs: round(inMemory - bare),
    heapGrowthKb,
  },
  null,
  2,
)}\n`;
process.stdout.write(text);
if (process.argv[3] !== undefined) writeFileSync(process.argv[3], text);
await file.close();
await memory.close();
rmSync(folder, { recursive: true, force: true });
