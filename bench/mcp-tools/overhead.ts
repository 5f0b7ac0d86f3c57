/**
 * What the policy costs over the same SDK call without it, in process and per call; and a hundred callers at once.
 * `node --conditions=@fieldkit/source bench/mcp-tools/overhead.ts` writes overhead.json beside this file.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { recordLines, type Tool } from '@fieldkit/core';
import { applyPolicy, connectTools, serveToolsOverHttp } from '@fieldkit/mcp-tools';

const CALLS = 2_000;
const ROUNDS = 5;
const context = { caller: { tenant: 't', subject: 's', groups: [] }, callId: 'c' };
const line = {
  type: 'object',
  properties: { sku: { type: 'string' }, quantity: { type: 'integer' } },
  additionalProperties: false,
};
const tool: Tool = {
  name: 'lookup_order',
  description: 'Looks up an order. Use it for one order; not for rules.',
  inputSchema: {
    type: 'object',
    properties: { orderNumber: { type: 'string', pattern: '^SO-\\d{4}$' } },
    required: ['orderNumber'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: { orderNumber: { type: 'string' }, lines: { type: 'array', items: line } },
    additionalProperties: false,
  },
  effects: 'read',
  yields: 'record',
  timeoutMs: 10_000,
  async run() {
    const data = {
      orderNumber: 'SO-1042',
      lines: Array.from({ length: 20 }, (_, index) => ({ sku: `SKU-${index}`, quantity: index })),
    };
    return { data, text: recordLines(data).join('\n'), isError: false };
  },
};

/** CPU milliseconds per call, the median of several rounds. */
async function cpuOf(run: () => Promise<unknown>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let call = 0; call < CALLS; call += 1) await run();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / 1000 / CALLS);
  }
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

const input = { orderNumber: 'SO-1042' };
const [guarded] = applyPolicy([tool]);
const connected = await connectTools([{ tools: [tool] }]);
const [overMcp] = connected.tools;
if (guarded === undefined || overMcp === undefined) throw new Error('no tool');
await cpuOf(() => tool.run(input, context)); // warm

const bare = await cpuOf(() => tool.run(input, context));
const withPolicy = await cpuOf(() => guarded.run(input, context));
const mcp = await cpuOf(() => overMcp.run(input, context));
await connected.close();

const server = await serveToolsOverHttp({ tools: [tool], anonymous: context.caller });
const remote = await connectTools([{ http: { url: server.url }, change: { lookup_order: { effects: 'read' } } }]);
const [httpTool] = remote.tools;
if (httpTool === undefined) throw new Error('no tool');
const started = performance.now();
let errors = 0;
for (let wave = 0; wave < 10; wave += 1) {
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, () => httpTool.run(input, { ...context, callId: randomUUID() })),
  );
  errors += results.filter(({ status }) => status === 'rejected').length;
}
const concurrentMs = performance.now() - started;
await remote.close();
await server.close();

const round = (value: number) => Math.round(value * 10_000) / 10_000;
const result = {
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  calls: CALLS,
  rounds: ROUNDS,
  cpuMsPerCall: {
    toolAlone: round(bare),
    withPolicy: round(withPolicy),
    policyAdds: round(withPolicy - bare),
    overMcpInProcessWithPolicy: round(mcp),
  },
  hundredCallersOverHttp: { calls: 1000, errors, callsPerSecond: Math.round(1_000_000 / concurrentMs) },
};
writeFileSync(new URL('overhead.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result, null, 2));
