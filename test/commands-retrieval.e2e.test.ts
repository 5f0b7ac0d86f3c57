import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { gardenProject, runFieldkit, writeFiles } from './run-fieldkit.ts';

/** An OpenAI-compatible endpoint whose model writes contexts and questions by a rule; it counts its calls. */
async function startWriter() {
  const calls = { contexts: 0, questions: 0 };
  const reply = (prompt: string): string => {
    const [, chunk] = /<chunk>\n([\s\S]*)\n<\/chunk>/.exec(prompt) ?? [];
    if (chunk !== undefined) {
      calls.contexts += 1;
      return `Horticulture handbook, about ${chunk.slice(0, 12)}`;
    }
    calls.questions += 1;
    const [, passage = ''] = /<passage>\n([\s\S]*)\n<\/passage>/.exec(prompt) ?? [];
    const sentences = passage.match(/[A-Z][^.\n]{20,}\./g) ?? [];
    const quote = sentences[calls.questions % Math.max(1, sentences.length)] ?? '';
    const words = quote.match(/[a-z]{5,}/g) ?? [];
    const question =
      quote === '' ? '' : `Beginner ${calls.questions}: tell me something on ${words.slice(0, 2).join(' or ')}?`;
    return JSON.stringify({ question, answer: quote.slice(-12), quote });
  };
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString() || '{}');
    const answer = (value: unknown) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    if (request.url?.endsWith('/models') === true) return answer({ object: 'list', data: [{ id: 'writer' }] });
    const content = reply(body.messages.at(-1).content);
    const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
    const base = { id: 'c', created: 1, model: 'writer' };
    if (body.stream !== true) {
      const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
      return answer({ ...base, object: 'chat.completion', choices, usage });
    }
    const chunk = (fields: object) =>
      `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...fields })}\n\n`;
    const delta = { role: 'assistant', content };
    response.setHeader('content-type', 'text/event-stream');
    return response.end(
      chunk({ choices: [{ index: 0, delta, finish_reason: 'stop' }] }) +
        chunk({ choices: [], usage }) +
        'data: [DONE]\n\n',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { calls, env: { MAAS_BASE_URL: `http://127.0.0.1:${port}/v1`, MAAS_API_KEY: 'key' } };
}

const config = (knowledge: string) => `import { defineProject, env, secret } from '@fieldkit/project';
export default defineProject({ name: 'garden', knowledge: ${knowledge},
  endpoint: { baseUrl: env('MAAS_BASE_URL'), apiKey: secret('MAAS_API_KEY'), models: { chat: 'writer' } } });
`;

it('has a model write contexts once for each content, says what they cost, and forgets them', async () => {
  const { calls, env } = await startWriter();
  const root = gardenProject();
  writeFiles(root, { 'fieldkit.config.ts': config('{ contexts: {} }') });
  const first = await runFieldkit(['ingest', '--project', root], { env });
  expect(first).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/contexts by writer: \d+ written, 0 kept .*tokens in/),
  });
  const written = calls.contexts;
  expect(written).toBeGreaterThan(0);
  const search = async () =>
    (await runFieldkit(['search', 'horticulture handbook', '--json', '--project', root], { env })).stdout;
  expect(JSON.parse(await search())[0].context).toMatch(/Horticulture handbook, about/);
  expect(JSON.parse(await search())[0].text).not.toMatch(/Horticulture/);
  const again = await runFieldkit(['index', 'rebuild', '--json', '--project', root], { env });
  expect(JSON.parse(again.stdout).contexts).toMatchObject({ written: 0, reused: written, failed: 0 });
  expect(calls.contexts).toBe(written);

  rmSync(join(root, 'knowledge/roses.txt'));
  const forgotten = await runFieldkit(['forget', 'knowledge/roses.txt', '--json', '--project', root], { env });
  expect(JSON.parse(forgotten.stdout).checked).toEqual(['index', 'stored documents', 'contexts', 'unfinished runs']);

  const alone = await runFieldkit(['ingest', '--project', root]); // without an endpoint there is nobody to write
  expect(alone).toMatchObject({ code: 0, stdout: expect.stringContaining('the stand-in is none') });
  expect(await search()).toBe('[]\n');
});

it('has a model write questions, keeps those that give nothing away, and tunes with them', async () => {
  const { calls, env } = await startWriter();
  const root = gardenProject();
  const plants = ['Tulips', 'Lavender', 'Medlars', 'Quinces', 'Ferns', 'Hops'];
  const texts = plants.map((plant, at): [string, string] => [
    `knowledge/${plant.toLowerCase()}.txt`,
    `${plant} want ground that drains within ${at + 2} hours after heavy rain. In the nursery ${plant.toLowerCase()} stand under fleece until week ${at + 14} of the year.`,
  ]);
  writeFiles(root, {
    'fieldkit.config.ts': config('{ segmentation: { maxTokens: 60 } }'),
    ...Object.fromEntries(texts),
  });
  await runFieldkit(['ingest', '--project', root], { env });
  const none = await runFieldkit(['retrieval', 'tune', '--project', root], { env });
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('retrieval questions') });
  const alone = await runFieldkit(['retrieval', 'questions', '--project', root]);
  expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('the stand-in is none') });
  expect(existsSync(join(root, 'evals/synthetic.jsonl'))).toBe(false);

  const asked = await runFieldkit(['retrieval', 'questions', '--count', '4', '--json', '--project', root], { env });
  expect(asked.code).toBe(0);
  const { taken, overlap, usage } = JSON.parse(asked.stdout);
  expect({ taken, calls: usage.calls }).toEqual({ taken: 4, calls: calls.questions });
  expect(overlap).toBeGreaterThan(0);
  const lines = readFileSync(join(root, 'evals/synthetic.jsonl'), 'utf8').trim().split('\n');
  for (const line of lines) {
    const { tags, gold, kind } = JSON.parse(line);
    expect({ tags, kind }).toEqual({ tags: ['synthetic', 'model:writer'], kind: 'synthetic' });
    expect(readFileSync(join(root, gold[0].document), 'utf8').replace(/\s+/g, ' ')).toContain(
      gold[0].quote.replace(/\s+/g, ' '),
    );
  }
  expect(await runFieldkit(['retrieval', 'questions', '--project', root], { env })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is there already'),
  });
  const tuned = await runFieldkit(['retrieval', 'tune', '--synthetic', '--contexts', '--json', '--project', root], {
    env,
  });
  expect(tuned.code).toBe(0);
  const report = JSON.parse(tuned.stdout);
  expect(report).toMatchObject({ questions: 4, synthetic: 4, depths: expect.any(Array) });
  const cost = (name: string) => report.candidates.find((one: { name: string }) => one.name === name).cost.building;
  expect(cost('contexts written by a model')).toBe(120 * calls.contexts);
  expect(cost('in use')).toBe(0);
  expect(report.candidates.map(({ name }: { name: string }) => name)).toContain('without the context line');
});

it('measures retrieval on the labelled questions, compares two results and tunes', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const ask = (id: string, question: string, quote: string) => ({
    id,
    question,
    gold: [{ document: 'knowledge/roses.txt', quote }],
  });
  const questions = [
    ask('a', 'When are shrub roses pruned?', 'Shrub roses are pruned in late March'),
    ask('b', 'How many buds remain on a shoot?', 'Cut each shoot to five buds.'),
    ask('c', 'How much bone meal does each bush get?', 'Give each bush 60 grams of bone meal'),
    ask('d', 'Until when are bushes fed?', 'Stop feeding after 15 July.'),
    ask('e', 'Where is it said?', 'words that stand nowhere'),
  ];
  writeFiles(root, { 'evals/questions.jsonl': questions.map((line) => JSON.stringify(line)).join('\n') });
  const out = join(root, 'result.json');
  const measured = await runFieldkit(['retrieval', 'eval', '--json', '--out', out, '--project', root]);
  expect(measured).toMatchObject({ code: 0, stderr: expect.stringContaining('left out e: its gold place is not in') });
  expect(JSON.parse(measured.stdout).mean['recall@10']).toBe(1);
  const same = await runFieldkit(['retrieval', 'diff', out, out]);
  expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('this may be chance') });
  const tuned = await runFieldkit(['retrieval', 'tune', '--project', root]);
  expect(tuned).toMatchObject({ code: 0, stdout: expect.stringMatching(/Recommended: .*\n[\s\S]*Evidence: /) });
  expect(await runFieldkit(['retrieval', 'diff', out, join(root, 'gone.json')])).toMatchObject({ code: 2 });
});

it('explains a search and narrows it by metadata', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const find = (...more: string[]) => runFieldkit(['search', 'every heap bush', '--json', '--project', root, ...more]);
  const { passages, steps } = JSON.parse((await find('--explain')).stdout);
  expect(steps[0]).toMatchObject({ name: 'lexical', before: 0, after: passages.length });
  expect(steps.map(({ name }: { name: string }) => name)).toEqual(['lexical', 'versions', 'duplicates']);
  const narrowed = JSON.parse((await find('--filter', 'uri=knowledge/compost.txt')).stdout);
  expect(new Set(narrowed.map(({ metadata }: { metadata: { uri: string } }) => metadata.uri))).toEqual(
    new Set(['knowledge/compost.txt']),
  );
  expect(passages.length).toBeGreaterThan(narrowed.length);
  expect(await find('--filter', 'uri')).toMatchObject({ code: 2, stderr: expect.stringContaining('KEY=VALUE') });
});

it('forgets a document everywhere once its file is gone', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const forget = () => runFieldkit(['forget', 'knowledge/roses.txt', '--project', root]);
  expect(await forget()).toMatchObject({ code: 2, stderr: expect.stringContaining('still lies in the project') });
  rmSync(join(root, 'knowledge/roses.txt'));
  expect(await forget()).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is left') });
  const { stdout } = await runFieldkit(['search', 'pruning shrub roses', '--json', '--project', root]);
  expect(stdout).not.toContain('late March');
  expect(await forget()).toMatchObject({ code: 1, stderr: expect.stringContaining('no document') });
});
