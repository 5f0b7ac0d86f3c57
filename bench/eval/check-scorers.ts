/**
 * Scorers against people and gold labels on public data.
 *
 *   node --conditions=@fieldkit/source bench/eval/check-scorers.ts DIR
 *
 * DIR holds bbh, gsm8k, cmrc2018, bfcl, faithbench and EXPECTED.json. Prints one line per check; nothing is tuned to the data.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  agreement,
  balancedAccuracy,
  type Case,
  caseSchema,
  choice,
  exactMatch,
  groundedness,
  numberMatch,
  type Outcome,
  referenceOverlap,
  type Scorer,
  textAnswer,
  toolCallsStrict,
} from '../../packages/eval/src/index.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: check-scorers.ts DIR');
// biome-ignore lint/suspicious/noExplicitAny: rows of several public data sets, each with its own shape
type Row = any;
const text = (path: string) => readFileSync(join(directory, path), 'utf8');
const lines = (path: string): Row[] =>
  text(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const expected: Row = JSON.parse(text('EXPECTED.json'));
const outcomeOf = (answer: string, fields: Partial<Outcome> = {}): Outcome => ({
  answer: textAnswer(answer),
  durationMs: 0,
  ...fields,
});
const caseOf = (fields: Record<string, unknown>): Case => caseSchema.parse({ id: 'x', question: 'x', ...fields });
async function value(scorer: Scorer, item: Case, outcome: Outcome): Promise<number | undefined> {
  const score = await scorer.score(item, outcome, {});
  return typeof score?.value === 'number' ? score.value : undefined;
}

// BBH: the authors' exact match on real outputs, direct and with a chain of thought.
for (const file of readdirSync(join(directory, 'bbh')).filter((name) => name.endsWith('.jsonl'))) {
  const task = file.replace('.jsonl', '');
  for (const mode of ['direct', 'cot']) {
    const rows = lines(`bbh/${file}`);
    let right = 0;
    for (const { gold, outputs } of rows) {
      const item = caseOf({ references: [gold] });
      const scorer = /^\([A-Z]\)$/.test(gold) ? choice : exactMatch;
      right += (await value(scorer, item, outcomeOf(outputs[mode].prediction || ' '))) ?? 0;
    }
    console.log(`bbh ${task} ${mode}: ${right} of ${rows.length} right, published ${expected.bbh[task][mode].correct}`);
  }
}

// GSM8K: the number scorer against the published verdicts.
const gsm = lines('gsm8k/four-systems.jsonl');
for (const system of Object.keys(gsm[0].systems)) {
  let same = 0;
  for (const { gold, systems } of gsm) {
    const given = await value(numberMatch, caseOf({ references: [gold] }), outcomeOf(systems[system].solution));
    if ((given === 1) === systems[system].is_correct) same += 1;
  }
  console.log(`gsm8k ${system}: same verdict as published on ${same} of ${gsm.length}`);
}

// CMRC2018: every gold answer must score 1; a neighbour's answer must not.
const cmrc = lines('cmrc2018/questions.jsonl');
let own = 0;
let ownF1 = 0;
let foreign = 0;
for (const [index, { answers }] of cmrc.entries()) {
  const item = caseOf({ references: answers });
  own += (await value(exactMatch, item, outcomeOf(`答案是：${answers.at(-1)}。`))) ?? 0;
  ownF1 += (await value(referenceOverlap, item, outcomeOf(answers.at(-1)))) ?? 0;
  foreign += (await value(referenceOverlap, item, outcomeOf(cmrc[(index + 7) % cmrc.length].answers[0]))) ?? 0;
}
console.log(
  `cmrc2018: gold answers in a sentence: exact match ${(own / cmrc.length).toFixed(4)}; F1 of gold ${(ownF1 / cmrc.length).toFixed(4)}, of another item's answer ${(foreign / cmrc.length).toFixed(4)}`,
);

// BFCL: gold calls must pass; five kinds of damage must not.
const damage: Record<string, (calls: Row[]) => Row[]> = {
  none: (calls) => calls,
  'wrong tool': ([first, ...rest]) => [{ ...first, name: `${first.name}_other` }, ...rest],
  'call missing': (calls) => calls.slice(1),
  'call too many': (calls) => [...calls, { name: 'another', arguments: {} }],
  'argument missing': ([first, ...rest]) => [{ ...first, arguments: dropRequired(first.arguments) }, ...rest],
  'argument wrong': ([first, ...rest]) => [
    { ...first, arguments: { ...first.arguments, [first.required ?? 'x']: 'something else entirely' } },
    ...rest,
  ],
};
function dropRequired(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).slice(1));
}
for (const name of ['simple_python', 'multiple', 'parallel']) {
  const rows = lines(`bfcl/possible_answer/BFCL_v4_${name}.json`);
  const passed: Record<string, string> = {};
  for (const [kind, change] of Object.entries(damage)) {
    let full = 0;
    let tried = 0;
    for (const { ground_truth: truth } of rows) {
      const tools = truth.map((call: Row) => {
        const [tool, values] = Object.entries<Row>(call)[0] ?? ['', {}];
        return {
          name: tool,
          arguments: Object.fromEntries(Object.entries<Row>(values).map(([key, list]) => [key, goldOf(list)])),
        };
      });
      const calls = truth.map((call: Row) => {
        const [tool, values] = Object.entries<Row>(call)[0] ?? ['', {}];
        const entries = Object.entries<Row>(values).filter(([, list]) => list[0] !== '');
        const required = Object.entries<Row>(values).find(([, list]) => !list.includes(''))?.[0];
        const sorted = entries.sort(([a], [b]) => (a === required ? -1 : b === required ? 1 : 0));
        return {
          name: tool,
          arguments: Object.fromEntries(sorted.map(([key, list]) => [key, firstOf(list[0])])),
          required,
        };
      });
      if (kind.startsWith('argument') && calls[0]?.required === undefined) continue;
      tried += 1;
      const score = await value(toolCallsStrict, caseOf({ tools }), outcomeOf('x', { toolCalls: change(calls) }));
      if (score === 1) full += 1;
    }
    passed[kind] = `${full}/${tried}`;
  }
  console.log(`bfcl ${name}: full score by damage: ${JSON.stringify(passed)}`);
}
/** BFCL lists the accepted values of an argument; '' among them means it may be left out; nested objects again hold lists. */
function goldOf(list: Row[]): unknown {
  return { anyOf: list.filter((item) => item !== '').map(nested), optional: list.includes('') };
}
function nested(item: Row): unknown {
  if (item === null || typeof item !== 'object') return item;
  if (Array.isArray(item)) return item.map(nested);
  return Object.fromEntries(
    Object.entries<Row>(item).map(([key, list]) => [key, Array.isArray(list) ? goldOf(list) : list]),
  );
}
function firstOf(item: Row): Row {
  if (item === null || typeof item !== 'object') return item;
  if (Array.isArray(item)) return item.map(firstOf);
  return Object.fromEntries(
    Object.entries<Row>(item)
      .map(([key, list]): [string, Row] => [key, Array.isArray(list) ? firstOf(list[0]) : list])
      .filter(([, first]) => first !== ''),
  );
}

// FaithBench: groundedness by rule against people.
const faith = lines('faithbench/samples.jsonl');
const human: boolean[] = [];
const ruled: boolean[] = [];
for (const { source, summary, annotations } of faith) {
  human.push(annotations.some(({ label }: Row) => label.includes('Unwanted')));
  const score = await value(groundedness, caseOf({}), outcomeOf(summary, { contexts: [source] }));
  ruled.push((score ?? 1) < 1);
}
const { kappa, observed } = agreement(human.map(String), ruled.map(String));
console.log(
  `faithbench: people call ${human.filter(Boolean).length} of ${faith.length} unfaithful, the rules flag ${ruled.filter(Boolean).length}; accuracy ${observed.toFixed(4)}, balanced ${balancedAccuracy(human, ruled)?.toFixed(4)}, kappa ${kappa?.toFixed(4)} (published detectors: kappa ${Object.values<Row>(
    expected.faithbench.detectors,
  )
    .map((detector) => detector.kappa)
    .join(', ')})`,
);
