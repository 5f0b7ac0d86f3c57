import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { tool as aiTool, generateText, stepCountIs } from 'ai';
import { z } from 'zod';
import {
  createAgent as createLangChainAgent,
  tool as langChainTool,
} from '../../../packages/agent/node_modules/langchain/dist/index.js';
import { answer, createAgent, gather, understand } from '../../../packages/agent/src/index.ts';
import { FieldkitChatModel } from '../../../packages/models/src/langchain.ts';

/**
 * CPU of one turn (a model call that asks for a tool, twice, and two more; two tool calls) on the same in-process model, beside a bare loop:
 * `npm install --ignore-scripts && node --conditions=@fieldkit/source compare.mjs [turns]`. Peers do less: none checks citations, journals or
 * bounds money; ours is measured without and with a file.
 */
const turns = Number(process.argv[2] ?? 200);
const caller = { tenant: 'default', subject: 'bench', groups: [] };
const TEXT = 'Tighten the seal bolts to 20 Nm in a crosswise pattern. '.repeat(8).trim();
const SAID = `${'bolt '.repeat(20)}need 20 Nm [1: "20 Nm"].`;
const usage = { inputTokens: 500, outputTokens: 40, calls: 1 };

/** Four calls a turn: tool, tool, text that is thrown away, text. */
const model = {
  name: 'bench',
  async *chat(request) {
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
      for (const word of SAID.split(/(?<= )/)) yield { type: 'text-delta', text: word };
    }
    yield { type: 'finish', reason: 'stop', usage, model: 'bench' };
  },
};

let searches = 0;
const search = {
  name: 'search',
  description: 'search',
  inputSchema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
  effects: 'read',
  yields: 'record',
  timeoutMs: 5_000,
  async run() {
    searches += 1;
    return { data: { note: TEXT }, text: TEXT, isError: searches % 2 === 1 };
  },
};

async function said(request) {
  let text = '';
  const calls = [];
  for await (const event of model.chat(request)) {
    if (event.type === 'text-delta') text += event.text;
    if (event.type === 'tool-call') calls.push(event.call);
  }
  return { text, calls };
}

async function bare() {
  const messages = [{ role: 'user', content: 'What torque?' }];
  await said({ messages, output: { name: 'x', schema: {} } });
  for (let round = 0; round < 2; round += 1) {
    const { calls } = await said({ messages, tools: [search] });
    for (const call of calls) {
      const { text } = await search.run();
      messages.push(
        { role: 'assistant', content: '', toolCalls: [call] },
        { role: 'tool', toolCallId: call.id, name: call.name, content: text },
      );
    }
  }
  await said({ messages });
}

const schema = z.object({ query: z.string() });
const fresh = () => said({ messages: [{ role: 'user', content: 'What torque?' }], output: { name: 'x', schema: {} } });

const chain = createLangChainAgent({
  model: new FieldkitChatModel(model),
  tools: [langChainTool(async () => (await search.run()).text, { name: 'search', description: 'search', schema })],
});
async function langchain() {
  await fresh();
  const { messages } = await chain.invoke({ messages: [{ role: 'user', content: 'What torque?' }] });
  if (messages.length !== 6) throw new Error(`LangChain made ${messages.length} messages`);
}

/** The same model as the AI SDK's provider interface. */
const provider = {
  specificationVersion: 'v4',
  provider: 'bench',
  modelId: 'bench',
  supportedUrls: {},
  async doGenerate({ prompt, tools }) {
    const messages = prompt.map(({ role }) => ({ role, content: '' }));
    const { text, calls } = await said({ messages, ...(tools === undefined ? {} : { tools }) });
    const content = [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map(({ id, name, arguments: input }) => ({ type: 'tool-call', toolCallId: id, toolName: name, input })),
    ];
    return {
      content,
      finishReason: { unified: calls.length > 0 ? 'tool-calls' : 'stop', raw: 'stop' },
      usage: { inputTokens: { total: 500, noCache: 500 }, outputTokens: { total: 40, text: 40 } },
      warnings: [],
    };
  },
  async doStream(options) {
    const { content, finishReason, usage: used } = await this.doGenerate(options);
    const parts = content.flatMap((part) =>
      part.type === 'text'
        ? [
            { type: 'text-start', id: 't' },
            { type: 'text-delta', id: 't', delta: part.text },
            { type: 'text-end', id: 't' },
          ]
        : [part],
    );
    const all = [{ type: 'stream-start', warnings: [] }, ...parts, { type: 'finish', finishReason, usage: used }];
    return { stream: ReadableStream.from(all) };
  },
};
const aiTools = {
  search: aiTool({ description: 'search', inputSchema: schema, execute: async () => (await search.run()).text }),
};
async function ai() {
  await fresh();
  const { steps } = await generateText({
    model: provider,
    tools: aiTools,
    prompt: 'What torque?',
    stopWhen: stepCountIs(5),
  });
  if (steps.length !== 3) throw new Error(`ai made ${steps.length} steps`);
}

const mastraAgent = new Agent({
  id: 'bench',
  name: 'bench',
  instructions: 'Answer.',
  model: provider,
  tools: {
    search: createTool({
      id: 'search',
      description: 'search',
      inputSchema: schema,
      execute: async () => (await search.run()).text,
    }),
  },
});
async function mastra() {
  await fresh();
  const { steps } = await mastraAgent.generate('What torque?', { maxSteps: 5 });
  if (steps.length !== 3) throw new Error(`Mastra made ${steps.length} steps`);
}

const ours = createAgent({
  plan: {
    nodes: [understand({ when: 'always' }), gather({ rounds: 2 }), answer()],
    budget: { steps: 12, seconds: 60 },
  },
  models: () => model,
  tools: [search],
  locate: () => undefined,
});
async function fieldkit() {
  for await (const event of ours.ask({ question: 'What torque?', caller })) {
    if (event.type === 'run-end' && event.run.steps.filter(({ kind }) => kind !== 'node').length !== 6)
      throw new Error('not six calls');
  }
}

async function cpuPerTurn(turn) {
  for (let index = 0; index < 30; index += 1) await turn();
  const before = process.cpuUsage();
  for (let index = 0; index < turns; index += 1) await turn();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / turns;
}

const contestants = { bare, fieldkit, langchain, ai, mastra };
const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
for (let round = 0; round < 3; round += 1) {
  for (const [name, turn] of Object.entries(contestants)) {
    try {
      results[name].push(await cpuPerTurn(turn));
    } catch (error) {
      results[name].push(Number.NaN);
      console.error(name, error);
    }
  }
}
const best = Object.fromEntries(
  Object.entries(results).map(([name, values]) => [name, Math.round(Math.min(...values) * 100) / 100]),
);
const report = {
  turns,
  cpuMsPerTurn: best,
  overBareMs: Object.fromEntries(
    Object.entries(best).map(([name, value]) => [name, Math.round((value - best.bare) * 100) / 100]),
  ),
  machine: { cores: cpus().length, load: loadavg()[0] },
};
writeFileSync(new URL('../peers.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report));
await ours.close();
process.exit(0);
