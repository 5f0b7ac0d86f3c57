/**
 * The figures of `fieldkit eval run --project … --split … --json`, several runs in one file.
 * Usage: node --conditions=@fieldkit/source bench/answers/summarise.ts OUT.json NAME=RUN.json …
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Run {
  readonly questions: string;
  readonly summary: {
    readonly scores: readonly { readonly scorer: string; readonly overall: { readonly mean: number } }[];
  };
  readonly cases: readonly { readonly id: string; readonly status: string }[];
}

const [out = 'unseen.json', ...runs] = process.argv.slice(2);
const result = Object.fromEntries(
  runs.map((pair) => {
    const [name = '', file = ''] = pair.split('=');
    const { summary, cases }: Run = JSON.parse(readFileSync(file, 'utf8'));
    const expected = new Map(
      readFileSync(`${name.replace(/ .*/, '')}/evals/questions.jsonl`, 'utf8')
        .trim()
        .split('\n')
        .map((line): [string, string] => [JSON.parse(line).id, JSON.parse(line).expect]),
    );
    const refused = (side: boolean) => {
      const asked = cases.filter(({ id }) => (expected.get(id) === 'answered') === side);
      return `${asked.filter(({ status }) => status !== 'answered').length} of ${asked.length}`;
    };
    const mean = (scorer: string) =>
      Math.round((summary.scores.find((one) => one.scorer === scorer)?.overall.mean ?? 0) * 1000) / 1000;
    return [
      name,
      {
        goldPlaceAmongThree: mean('gold-place-first-3'),
        goldPlaceFirst: mean('gold-place-first-1'),
        goldWordsAmongThree: mean('gold-quote-first-3'),
        quotesVerbatim: mean('quotes-verbatim'),
        falseRefusals: refused(true),
        rightRefusals: refused(false),
      },
    ];
  }),
);
writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`);
console.log(result);
