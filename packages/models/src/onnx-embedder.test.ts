import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createOnnxEmbedder, type OnnxRuntime } from './onnx-embedder.ts';

/** A model whose hidden state of a token is [its id, its place]: what is pooled can be told from the vector. */
function runtime(batches: string[]): OnnxRuntime {
  return {
    tokenize: (text) => ({
      ids: [
        1,
        ...text
          .split(' ')
          .filter((word) => /\d/.test(word))
          .map(Number),
        2,
      ],
    }),
    async run(ids, mask, rows, width) {
      batches.push(`${rows} x ${width}`);
      const data = new Float32Array(rows * width * 2);
      for (let at = 0; at < rows * width; at += 1) {
        // what stands at a place that is masked must not count
        data[at * 2] = mask[at] === 1n ? Number(ids[at]) : 1000;
        data[at * 2 + 1] = at % width;
      }
      return { data, dims: [rows, width, 2] };
    },
    close: async () => {},
  };
}
const unit = (a: number, b: number) => [a, b].map((value) => Math.fround(value / Math.hypot(a, b)));

it('pools by mean over what is there or by the first token, in the order of the texts and cut at the limit', async () => {
  const batches: string[] = [];
  const open = (pooling: 'mean' | 'cls', maxTokens = 6) =>
    createOnnxEmbedder({ folder: '/none', pooling, maxTokens, batchSize: 2, runtime: runtime(batches) });
  const texts = ['9 9 9 9', '5', '7 7', '3 3 3 3 3 3 3 3'];
  const mean = await open('mean');
  batches.length = 0;
  const vectors = (await mean.embed(texts)).map((vector) => [...vector]);
  expect(batches).toEqual(['2 x 4', '2 x 6']); // texts of like length go together
  expect(vectors[1]?.map(Math.fround)).toEqual(unit((1 + 5 + 2) / 3, 1));
  expect(vectors[2]?.map(Math.fround)).toEqual(unit((1 + 7 + 7 + 2) / 4, 1.5));
  expect(vectors[3]?.[0]).toBeCloseTo(unit((1 + 3 * 4 + 2) / 6, 2.5)[0] ?? 0, 6);
  expect([...((await (await open('cls')).embed(['4']))[0] ?? [])]).toEqual([1, 0]);
  expect([mean.dimensions, mean.semantic]).toEqual([2, true]);
  await expect(mean.embed(['1', ' '])).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

it('says what is missing: the model, its libraries', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await expect(createOnnxEmbedder({ folder })).rejects.toThrow(/needs model\.onnx/);
  writeFileSync(join(folder, 'model.onnx'), '');
  writeFileSync(join(folder, 'tokenizer.json'), '{}');
  await expect(createOnnxEmbedder({ folder })).rejects.toThrow(/npm install onnxruntime-node|cannot use the model/);
});
