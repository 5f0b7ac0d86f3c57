import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatEvent, type ChatRequest, complete, formatEvidence, mapConcurrent } from '@fieldkit/core';
import { createEndpoint, openCassette } from '@fieldkit/models';
import { createStandin } from '@fieldkit/standin';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'fieldkit-cassette-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KEY = 'sk-very-secret-key';
const open = (mode: 'record' | 'replay', path: string, secrets: string[] = []) =>
  createEndpoint({
    profile: 'dashscope',
    baseUrl: 'http://endpoint.invalid/v1',
    apiKey: KEY,
    fetch: mode === 'record' ? createStandin().fetch : () => Promise.reject(new Error('the network was used')),
    retry: { attempts: 1 },
    cassette: openCassette({ mode, path, secrets }),
  });

const request = (number: number, marker = 'marker00'): ChatRequest => ({
  messages: [
    {
      role: 'user',
      content: `${formatEvidence([{ number: 1, kind: 'passage', title: 'T', place: '', headings: [], context: '', text: `Gate ${number} opens at ${number % 24}:00.` }], marker)}\n\nWhen does gate ${number} open?`,
    },
  ],
});

it('replays a thousand calls exactly, without a network', async () => {
  const path = join(folder, 'thousand.jsonl');
  const play = async (mode: 'record' | 'replay'): Promise<unknown[]> => {
    const endpoint = open(mode, path);
    const model = endpoint.chat('standin-extractive');
    const embedder = endpoint.embedder('standin-embedding');
    const reranker = endpoint.reranker('standin-rerank');
    return mapConcurrent(
      Array.from({ length: 1000 }, (_, index) => index),
      8,
      async (number): Promise<unknown> => {
        switch (number % 4) {
          case 0:
            return complete(model, request(number));
          case 1:
            return Array.fromAsync(model.chat(request(number, mode === 'record' ? 'aaaaaa11' : 'bbbbbb22')));
          case 2:
            return (await embedder.embed([`text ${number}`])).map((vector) => [...vector]);
          default:
            return reranker.rerank(`text ${number}`, ['text', `${number}`]);
        }
      },
    );
  };
  const recorded = await play('record');
  const replayed = await play('replay');
  expect(replayed).toEqual(recorded);
  expect(readFileSync(path, 'utf8')).not.toContain(KEY);
});

it('gives equal calls back in the order in which they were made, and redacts secrets', async () => {
  const path = join(folder, 'order.jsonl');
  const recording = open('record', path, ['Jane Roe']);
  const ask = (text: string): ChatRequest => ({ messages: [{ role: 'user', content: text }] });
  await complete(recording.chat('standin-extractive'), ask('Where does Jane Roe live?'));
  expect(readFileSync(path, 'utf8')).not.toContain('Jane Roe');
  const replaying = open('replay', path, ['Jane Roe']);
  await complete(replaying.chat('standin-extractive'), ask('Where does Jane Roe live?'));
  await expect(complete(replaying.chat('standin-extractive'), ask('Where does Jane Roe live?'))).rejects.toThrow(
    /fewer times/,
  );
});

it('names the difference when a call is not on the cassette', async () => {
  const path = join(folder, 'difference.jsonl');
  await complete(open('record', path).chat('standin-extractive'), request(1));
  const replaying = open('replay', path);
  await expect(complete(replaying.chat('standin-extractive', { temperature: 1 }), request(1))).rejects.toThrow(
    /temperature: recorded nothing, asked 1/,
  );
  await expect(replaying.reranker('standin-rerank').rerank('a', ['a'])).rejects.toThrow(/nothing was recorded there/);
});

it('says what is wrong with a file that is no cassette', () => {
  const path = join(folder, 'broken.jsonl');
  expect(() => open('replay', join(folder, 'none.jsonl'))).toThrow(/record one first/);
  writeFileSync(path, '{"key":1}\n');
  expect(() => open('replay', path)).toThrow(/line 1 .* is no recorded call/);
});

it('replays a stream that was cut as a stream that was cut', async () => {
  const path = join(folder, 'cut.jsonl');
  const cut = createEndpoint({
    profile: 'generic',
    baseUrl: 'http://endpoint.invalid/v1',
    apiKey: KEY,
    fetch: createStandin({ faults: [{ fault: 'cut-mid-stream' }] }).fetch,
    retry: { attempts: 1 },
    cassette: openCassette({ mode: 'record', path }),
  });
  const read = async (endpoint: typeof cut): Promise<[ChatEvent[], unknown]> => {
    const events: ChatEvent[] = [];
    try {
      for await (const event of endpoint.chat('standin-extractive').chat(request(3))) events.push(event);
      return [events, 'finished'];
    } catch (error) {
      return [events, error instanceof Error && 'code' in error ? error.code : error];
    }
  };
  const first = await read(cut);
  expect(first[1]).toBe('MODEL_STREAM_BROKEN');
  const generic = createEndpoint({
    profile: 'generic',
    baseUrl: 'http://endpoint.invalid/v1',
    apiKey: KEY,
    retry: { attempts: 1 },
    cassette: openCassette({ mode: 'replay', path }),
  });
  expect(await read(generic)).toEqual(first);
});
