import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { answer, createAgent, gather, understand } from '../../packages/agent/src/index.ts';
import type { ChatEvent, ChatModel, Passage, Tool } from '../../packages/core/src/index.ts';

/**
 * Time to the first text that the agent adds, heap of 200 sessions that answer at once, and the heap over 10,000 turns:
 * `node --expose-gc --conditions=@fieldkit/source bench/agent/sessions.ts [turns]`. Writes sessions.json.
 */
const turns = Number(process.argv[2] ?? 10_000);
const caller = (subject: string) => ({ tenant: 'default', subject, groups: [] });
const SENTENCE = 'The seal bolts of the pump need 20 Nm [1: "20 Nm"]. ';

/** Eight passages of about 400 tokens, as a search gives them. */
const passages: Passage[] = Array.from({ length: 8 }, (_, index) => {
  const text = `Passage ${index}. The seal bolts need 20 Nm. ${'Clean the housing, check the gasket and note the hours of service. '.repeat(24)}`;
  return {
    id: `chunk-${index}`,
    documentId: `doc-${index}`,
    index,
    start: 0,
    end: text.length,
    text,
    context: 'Manual › Service',
    headings: ['Service'],
    tokens: 400,
    metadata: {
      title: `Manual ${index}`,
      uri: `knowledge/${index}.pdf`,
      mediaType: 'application/pdf',
      language: 'en',
      pages: '3',
    },
    tenant: 'default',
    groups: [],
    score: 1,
    ranks: { lexical: index + 1 },
  };
});
/** A new copy each time, as over MCP. */
const search: Tool = {
  name: 'search_knowledge',
  description: 'search',
  inputSchema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
  effects: 'read',
  yields: 'passages',
  timeoutMs: 5_000,
  run: async () => JSON.parse(JSON.stringify({ data: { passages }, text: '', isError: false })),
};

/** Who waits in the middle of an answer. */
let waiting: (() => void)[] = [];
let hold = false;
const model: ChatModel = {
  name: 'bench',
  async *chat(): AsyncIterable<ChatEvent> {
    for (const word of `${SENTENCE}${SENTENCE}`.split(/(?<= )/)) {
      yield { type: 'text-delta', text: word };
    }
    if (hold) await new Promise<void>((resolve) => waiting.push(resolve));
    yield { type: 'finish', reason: 'stop', usage: { inputTokens: 3000, outputTokens: 40, calls: 1 }, model: 'bench' };
  },
};

const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
const agent = createAgent({
  plan: { nodes: [understand(), gather({ mode: 'retrieve' }), answer()], budget: { steps: 12, seconds: 600 } },
  models: () => model,
  tools: [search],
  locate: () => ({ places: [{ page: 3, box: [0, 0, 1, 1] }], headings: ['Service'] }),
  checkpoints: join(folder, 's.db'),
});

/** What one would write without a toolkit: search, model, first sentence. */
async function bareFirst(): Promise<number> {
  const begun = performance.now();
  await search.run({ query: 'torque' }, { caller: caller('a'), callId: 'c' });
  let text = '';
  for await (const event of model.chat({ messages: [] })) {
    if (event.type === 'text-delta') text += event.text;
    if (text.includes(']. ')) return performance.now() - begun;
  }
  return performance.now() - begun;
}

async function agentFirst(): Promise<number> {
  const begun = performance.now();
  for await (const event of agent.ask({ question: 'What torque do the seal bolts need?', caller: caller('a') })) {
    if (event.type === 'text-delta') return performance.now() - begun;
  }
  throw new Error('no text');
}

/** Wall time, which other work on the machine lengthens, and processor time, which is what an idle machine would take. */
async function times(measure: () => Promise<number>, count: number) {
  for (let index = 0; index < 50; index += 1) await measure();
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const before = process.cpuUsage();
    wall.push(await measure());
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000);
    await turnOfLoop();
  }
  for (const list of [wall, cpu]) list.sort((a, b) => a - b);
  const at = (list: readonly number[], part: number) => round(list[Math.floor(count * part)] ?? 0);
  return { p50: at(wall, 0.5), p95: at(wall, 0.95), cpuP50: at(cpu, 0.5), cpuP95: at(cpu, 0.95) };
}

const heap = async (): Promise<number> => {
  for (let index = 0; index < 3; index += 1) {
    globalThis.gc?.();
    await turnOfLoop();
  }
  return process.memoryUsage().heapUsed / 1024;
};
const round = (value: number) => Math.round(value * 100) / 100;

const bare = await times(bareFirst, 200);
const whole = await times(agentFirst, 200);

/** `count` questions at a time, each stopped in the middle of its answer. */
async function heldHeap(count: number): Promise<number> {
  hold = true;
  const before = await heap();
  const ended = Array.from({ length: count }, async (_, index) => {
    const question = `What torque do the seal bolts of pump ${index} need?`;
    for await (const event of agent.ask({ question, caller: caller(`user-${index}`), sessionId: `s${index}` })) {
      if (event.type === 'run-end' && event.answer.status !== 'answered') throw new Error(event.answer.text);
    }
  });
  while (waiting.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
  const during = await heap();
  hold = false;
  for (const go of waiting) go();
  waiting = [];
  await Promise.all(ended);
  return (during - before) / count;
}
process.stderr.write(`${JSON.stringify({ bare, whole })}\n`);
await heldHeap(200);
const heapPerSessionKb = await heldHeap(200);

const curve: { turns: number; heapKb: number; rssMb: number }[] = [];
const step = Math.max(1, Math.floor(turns / 10));
for (let turn = 1; turn <= turns; turn += 1) {
  const subject = `user-${turn % 50}`;
  for await (const event of agent.ask({
    question: `What torque, number ${turn}?`,
    caller: caller(subject),
    sessionId: `s${turn % 500}`,
    history: [],
  })) {
    if (event.type === 'run-end' && event.answer.status !== 'answered') throw new Error(event.answer.text);
  }
  if (turn % step === 0) {
    curve.push({
      turns: turn,
      heapKb: Math.round(await heap()),
      rssMb: Math.round(process.memoryUsage().rss / 1_048_576),
    });
    process.stderr.write(`${JSON.stringify(curve.at(-1))}\n`);
  }
}
const report = {
  firstText: {
    bareMs: bare,
    agentMs: whole,
    addedP50Ms: round(whole.p50 - bare.p50),
    addedP95Ms: round(whole.p95 - bare.p95),
    addedCpuP50Ms: round(whole.cpuP50 - bare.cpuP50),
    addedCpuP95Ms: round(whole.cpuP95 - bare.cpuP95),
  },
  heapPerSessionKb: round(heapPerSessionKb),
  turns,
  curve,
  machine: { cores: cpus().length, load: round(loadavg()[0] ?? 0) },
};
writeFileSync(new URL('./sessions.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(report)}\n`);
await agent.close();
rmSync(folder, { recursive: true, force: true });
