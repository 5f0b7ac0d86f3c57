/**
 * Measures every sentence of the evidence for questions with known answers, one JSON line a question, for fit-weights.py: the dev halves of the examples and of this folder
 * (indexed before with `fieldkit ingest`), and XQuAD where ../shared is there. A passage's rank is that of BM25 for the widened question.
 * Usage: node --conditions=@fieldkit/source bench/answers/measure.ts OUT.jsonl
 */
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { analyzeText, type EvidenceItem, findQuote, type Passage } from '@fieldkit/core';
import { openProject } from '@fieldkit/project';
import { evidenceUnits, measureEvidence, widenQuery } from '@fieldkit/standin';

const root = resolve(import.meta.dirname, '../..');
const out = createWriteStream(process.argv[2] ?? 'features.jsonl');
/** Passages that the stand-in asks a search for. */
const PASSAGES = 20;

interface Question {
  readonly id: string;
  readonly question: string;
  readonly split: string;
  readonly expect: string;
  readonly paraphrased?: boolean;
  readonly history?: readonly string[];
  readonly gold: readonly { readonly document: string; readonly quote?: string }[];
}

function itemOf({ headings, context, text, metadata }: Passage, index: number): EvidenceItem {
  const title = String(metadata.title ?? metadata.uri ?? '');
  return { number: index + 1, kind: 'passage', title, place: '', headings, context, text };
}

/** `gold`: by place, whether the sentence stands on it. */
function write(
  set: string,
  question: Omit<Question, 'gold'>,
  items: readonly EvidenceItem[],
  gold: (unit: string, item: number) => boolean[],
) {
  const { units } = measureEvidence(question.question, evidenceUnits(items));
  const { id, expect, paraphrased = false } = question;
  const sentences = units.map(({ unit, features }) => ({
    item: unit.item.number,
    gold: gold(unit.text, unit.item.number - 1),
    features,
  }));
  out.write(`${JSON.stringify({ set, id, expect, paraphrased, sentences })}\n`);
}

for (const [set, folder] of Object.entries({
  en: 'examples/equipment-desk',
  zh: 'examples/policy-desk-zh',
  everyday: 'bench/answers',
})) {
  const project = await openProject(join(root, folder), { environment: process.env });
  const lines = readFileSync(join(root, folder, 'evals/questions.jsonl'), 'utf8')
    .trim()
    .split('\n');
  for (const question of lines.map((line): Question => JSON.parse(line))) {
    if (question.split !== 'dev' || (question.history ?? []).length > 0) continue;
    if (question.expect === 'answered' && question.gold.length === 0) continue;
    const passages = await project.search(widenQuery(question.question), project.caller(), { limit: PASSAGES });
    const texts = new Map(project.documents.list().map(({ id, uri }) => [uri, project.documents.get(id)?.text ?? '']));
    write(set, question, passages.map(itemOf), (text, index) => {
      const passage = passages[index];
      const start = (passage?.start ?? 0) + Math.max(0, passage?.text.indexOf(text) ?? 0);
      return question.gold.map(({ document, quote = '' }) => {
        const span = document === passage?.metadata.uri ? findQuote(texts.get(document) ?? '', quote) : undefined;
        return span !== undefined && span.start < start + text.length && start < span.end;
      });
    });
  }
  await project.close();
}

const data = resolve(root, '../shared/data/retrieval');
if (!existsSync(data)) console.log(`${data} is not there: only the questions of this repository are measured`);
else {
  const pairs = [
    ['xquad-en', 'xquad-en', 300],
    ['xquad-zh', 'xquad-zh', 300],
    ['xquad-zh', 'xquad-en', 300],
    ['xquad-en', 'xquad-zh', 300],
  ] as const;
  for (const [corpus, asked, most] of pairs) {
    const lines = (file: string) => readFileSync(join(data, file), 'utf8').trim().split('\n');
    const texts = new Map(
      lines(`${corpus}/corpus.jsonl`).map((line): [string, string] => [JSON.parse(line)._id, JSON.parse(line).text]),
    );
    const answers = new Map(
      lines(`${corpus}/queries.jsonl`).map((line): [string, string[]] => [
        JSON.parse(line)._id,
        JSON.parse(line).answers,
      ]),
    );
    const right = new Map(
      lines(`${corpus}/qrels/test.tsv`).map((line): [string, string] => [
        line.split('\t')[0] ?? '',
        line.split('\t')[1] ?? '',
      ]),
    );
    const rank = bm25(texts);
    for (const { _id: id, text } of lines(`${asked}/queries.jsonl`)
      .slice(0, most)
      .map((line) => JSON.parse(line))) {
      const [answer = ''] = answers.get(id) ?? [];
      const ids = rank(widenQuery(text));
      const items = ids.map(
        (one, index): EvidenceItem => ({
          number: index + 1,
          kind: 'passage',
          title: '',
          place: '',
          headings: [],
          context: '',
          text: texts.get(one) ?? '',
        }),
      );
      const question = { id, question: text, split: 'dev', expect: 'answered' };
      write(`${corpus}<${asked}`, question, items, (unit, index) => [
        ids[index] === right.get(id) && unit.includes(answer),
      ]);
    }
  }
}
out.end();

/** Ids of the best passages, by BM25 as in `rag`. */
function bm25(texts: ReadonlyMap<string, string>): (query: string) => string[] {
  const documents = Array.from(texts, ([id, text]) => ({ id, terms: analyzeText(text) }));
  const average = documents.reduce((sum, { terms }) => sum + terms.length, 0) / documents.length;
  const postings = new Map<string, Map<string, number>>();
  for (const { id, terms } of documents) {
    for (const term of terms) {
      const posting = postings.get(term) ?? new Map<string, number>();
      posting.set(id, (posting.get(id) ?? 0) + 1);
      postings.set(term, posting);
    }
  }
  const lengths = new Map(documents.map(({ id, terms }) => [id, terms.length]));
  return (query) => {
    const scores = new Map<string, number>();
    for (const term of analyzeText(query)) {
      const posting = postings.get(term) ?? new Map<string, number>();
      const idf = Math.log(1 + (documents.length - posting.size + 0.5) / (posting.size + 0.5));
      for (const [id, count] of posting) {
        const norm = count + 1.2 * (0.25 + (0.75 * (lengths.get(id) ?? 0)) / average);
        scores.set(id, (scores.get(id) ?? 0) + (idf * count * 2.2) / norm);
      }
    }
    return [...scores]
      .sort((a, b) => b[1] - a[1])
      .slice(0, PASSAGES)
      .map(([id]) => id);
  };
}
