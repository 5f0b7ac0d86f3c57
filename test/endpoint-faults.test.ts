import { readFileSync, writeFileSync } from 'node:fs';
import { type ChatRequest, type Clock, complete, mapConcurrent, systemClock, toFieldkitError } from '@fieldkit/core';
import { createEndpoint, type Endpoint } from '@fieldkit/models';
import { createStandin, type FaultRule, faultKinds } from '@fieldkit/standin';
import { expect, it } from 'vitest';

/** Pauses between tries are a thousand times shorter, and only they let time pass: how fast the machine is does not matter. */
function hurried(): Clock {
  let at = 0;
  return {
    now: () => systemClock.now(),
    monotonic: () => at,
    async sleep(ms, signal) {
      await systemClock.sleep(ms / 1000, signal);
      at += ms;
    },
  };
}
/** Of the stand-in: what drips or hangs is far slower than the limit that it shall reach. */
const lazy: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms * 20, signal) };
const request: ChatRequest = { messages: [{ role: 'user', content: 'Where is the key kept?' }] };

const CALLS: readonly (readonly [string, (endpoint: Endpoint) => Promise<string>])[] = [
  ['chat', async (endpoint) => said((await complete(endpoint.chat('standin-extractive'), request)).findings)],
  [
    'chat, streamed',
    async (endpoint) => {
      const events = await Array.fromAsync(endpoint.chat('standin-extractive').chat(request));
      return said(events.flatMap((event) => (event.type === 'finding' ? [event.finding] : [])));
    },
  ],
  ['embeddings', async (endpoint) => said((await endpoint.embedder('standin-embedding').embed(['a key'])) && [])],
  [
    'rerank',
    async (endpoint) => said((await endpoint.reranker('standin-rerank').rerank('key', ['a key', 'a lock'])) && []),
  ],
];

function said(findings: readonly { code: string }[]): string {
  const codes = findings.map(({ code }) => code).filter((code) => code !== 'model-retried');
  return ['answered', ...codes].join(' + ');
}

/** Faults that only a limit of time ends: theirs is short. For all others it is out of reach, however busy the machine is. */
const SILENT: readonly FaultRule['fault'][] = ['hang-before-headers', 'hang-mid-stream', 'slow-drip'];

async function outcome(rule: FaultRule, call: (endpoint: Endpoint) => Promise<string>): Promise<string> {
  const running = await createStandin({ faults: [rule], clock: lazy }).listen();
  const endpoint = createEndpoint({
    profile: 'dashscope',
    baseUrl: running.url,
    apiKey: 'test',
    timeoutMs: SILENT.includes(rule.fault) ? 2_000 : 120_000,
    retry: { attempts: 2 },
    clock: hurried(),
  });
  try {
    return await call(endpoint);
  } catch (error) {
    return `\`${toFieldkitError(error).code}\``;
  } finally {
    await endpoint.close();
    await running.close();
  }
}

/** A formatter may align the columns. */
function unpadded(markdown: string): string {
  return markdown.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---').trim();
}

it('every fault has a stated outcome for every kind of call', async () => {
  const rows = await mapConcurrent(faultKinds, 6, async (fault) => {
    const cells = await mapConcurrent(CALLS, 4, async ([, call]) => {
      const always = await outcome({ fault }, call);
      const once = await outcome({ fault, first: 1 }, call);
      return always === once ? always : `${always}; once: ${once}`;
    });
    return `| ${[fault, ...cells].join(' | ')} |`;
  });
  const table = [
    '# What happens when the endpoint misbehaves',
    '',
    'Each fault of the stand-in against each kind of call, as `test/endpoint-faults.test.ts` finds it. First when every request has the fault,',
    'then, where that differs, when only the first one has it.',
    '',
    `| fault | ${CALLS.map(([name]) => name).join(' | ')} |`,
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  expect(table).not.toContain('`INTERNAL`');
  const page = new URL('../packages/models/FAULTS.md', import.meta.url);
  if (process.env.UPDATE_FAULTS === '1') writeFileSync(page, table);
  expect(unpadded(readFileSync(page, 'utf8')), 'write the page anew with UPDATE_FAULTS=1').toBe(unpadded(table));
});
