/**
 * Measures every sentence of the evidence for questions with known answers, one JSON line a question, for fit-weights.py: the dev halves of the
 * examples and of this folder (indexed before with `fieldkit ingest`), with the passages that the stand-in's own searches bring, and XQuAD and
 * CMRC 2018 where ../shared is there. Usage: node --conditions=@fieldkit/source bench/answers/measure.ts OUT.jsonl
 */
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { analyzeText, type EvidenceItem, headingsAt, type Passage, placesOf } from '../../packages/core/src/index.ts';
import { type Case, matchPlace, parseCase } from '../../packages/eval/src/index.ts';
import { openProject, type Project } from '../../packages/project/src/index.ts';
import { chooseTools, otherForm, widenQuery } from '../../packages/standin/src/choose-tools.ts';
import { type Conversation, readConversation } from '../../packages/standin/src/conversation.ts';
import { measureEvidence } from '../../packages/standin/src/evidence-features.ts';
import { type EvidenceUnit, evidenceUnits } from '../../packages/standin/src/evidence-units.ts';

const root = resolve(import.meta.dirname, '../..');
const out = createWriteStream(process.argv[2] ?? 'features.jsonl');
/** Passages that a search returns when the stand-in names no number. */
const PASSAGES = 8;
const OWN = { en: 'examples/equipment-desk', zh: 'examples/policy-desk-zh', everyday: 'bench/answers' };
/** Of the shared data: documents, questions, and how many of these, evenly spread. */
const PUBLIC = [
  ['xquad-en', 'xquad-en', 500],
  ['xquad-zh', 'xquad-zh', 400],
  ['cmrc2018', 'cmrc2018', 400],
  ['xquad-zh', 'xquad-en', 200],
  ['xquad-en', 'xquad-zh', 200],
] as const;

interface Question {
  readonly set: string;
  readonly id: string;
  readonly expect: string;
  readonly paraphrased: boolean;
  /** Places that a full answer cites. */
  readonly places: number;
}

/** How a sentence and what is cited for it stand on each gold place. */
interface Stands {
  readonly sentence: readonly (string | null)[];
  readonly cited: readonly (string | null)[];
}

function write(question: Question, asked: string, units: readonly EvidenceUnit[], gold: readonly Stands[]): void {
  const numbers = new Map<string, number>();
  const numberOf = (key: string) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const sentences = measureEvidence(asked, units).units.map(({ unit, features }, index) => ({
    section: numberOf(`section ${unit.section}`),
    quote: numberOf(`${unit.item.number} ${unit.around}`),
    says: gold[index]?.sentence.includes('quote'),
    gold: gold[index]?.cited,
    features,
  }));
  out.write(`${JSON.stringify({ ...question, sentences })}\n`);
}

for (const [set, folder] of Object.entries(OWN)) {
  const project = await openProject(join(root, folder), { environment: process.env });
  const [search] = (await project.tools()).filter(({ yields }) => yields === 'passages');
  if (search === undefined) throw new Error(`${folder} has no search`);
  const offered = [{ name: search.name, description: search.description, parameters: search.inputSchema }];
  for (const line of readFileSync(join(root, folder, 'evals/questions.jsonl'), 'utf8')
    .trim()
    .split('\n')) {
    const item = parseCase(JSON.parse(line), folder);
    if (item.split !== 'dev' || (item.expect === 'answered' && item.gold.length === 0)) continue;
    const conversation = conversationOf(item);
    const caller = project.caller({ subject: 'measure', ...item.caller });
    const passages = new Map<string, Passage>();
    for (const choose of [chooseTools, otherForm]) {
      for (const call of passages.size > 0 ? [] : choose(offered, conversation, false)) {
        const found = await project.search(String(call.arguments.query), caller, { limit: PASSAGES });
        for (const passage of found) if (!passages.has(passage.id)) passages.set(passage.id, passage);
      }
    }
    const list = [...passages.values()];
    const units = evidenceUnits(list.map(itemOf));
    const gold = await Promise.all(
      units.map(async ({ text, around, item: { number } }): Promise<Stands> => {
        const hit = (quote: string) => placesHit(project, item, quote, list[number - 1]);
        return { sentence: await hit(text), cited: await hit(around) };
      }),
    );
    const { id, expect, paraphrased = false } = item;
    const places = item.gold.length;
    write({ set, id, expect, paraphrased, places }, conversation.standalone, units, gold);
  }
  await project.close();
}

function conversationOf({ history, question }: Case): Conversation {
  const said = history.map((content) => ({ role: 'user' as const, content, toolCalls: [] }));
  return readConversation([...said, { role: 'user', content: question, toolCalls: [] }]);
}

function itemOf({ headings, context, text, metadata }: Passage, index: number): EvidenceItem {
  const title = String(metadata.title ?? metadata.uri ?? '');
  return { number: index + 1, kind: 'passage', title, place: '', headings, context, text };
}

/** As the scorer of gold places sees a citation of a quote. */
async function placesHit(
  project: Project,
  { gold }: Case,
  text: string,
  passage: Passage | undefined,
): Promise<(string | null)[]> {
  const document = passage === undefined ? undefined : project.documents.get(passage.documentId);
  if (passage === undefined || document === undefined) return gold.map(() => null);
  const start = passage.start + Math.max(0, passage.text.indexOf(text));
  const end = start + text.length;
  const source = {
    kind: 'passage' as const,
    chunkId: passage.id,
    documentId: passage.documentId,
    title: '',
    uri: String(passage.metadata.uri),
    start,
    end,
    places: placesOf(document, start, end),
    headings: headingsAt(document, start),
  };
  const context = { documentText: async () => document.text };
  return Promise.all(
    gold.map(async ({ alternatives = [], ...first }) => {
      const found = [];
      for (const place of [first, ...alternatives])
        found.push(await matchPlace(place, { quote: text, source }, context));
      return found.includes('quote') ? 'quote' : (found.find((match) => match !== undefined) ?? null);
    }),
  );
}

const data = resolve(root, '../shared/data/retrieval');
if (!existsSync(data)) console.log(`${data} is not there: only the questions of this repository are measured`);
else {
  const lines = (file: string) => readFileSync(join(data, file), 'utf8').trim().split('\n');
  for (const [corpus, asked, most] of PUBLIC) {
    const texts = new Map<string, string>();
    for (const line of lines(`${corpus}/corpus.jsonl`)) {
      const { _id: id, text } = JSON.parse(line);
      texts.set(id, text);
    }
    const answers = new Map<string, string[]>();
    for (const line of lines(`${corpus}/queries.jsonl`)) {
      const query = JSON.parse(line);
      answers.set(query._id, query.answers);
    }
    const right = new Map(
      lines(`${corpus}/qrels/test.tsv`).map((line) => line.split('\t').slice(0, 2) as [string, string]),
    );
    const rank = bm25(texts);
    const questions = lines(`${asked}/queries.jsonl`).map((line) => JSON.parse(line));
    const step = Math.max(1, Math.floor(questions.length / most));
    for (const { _id: id, text } of questions.filter((_, index) => index % step === 0)) {
      const wanted = right.get(id) ?? '';
      const ids = rank(widenQuery(text));
      // across languages a search by words finds little: what is measured is the reader
      if (corpus !== asked && !ids.includes(wanted)) ids.splice(Math.min(ids.length, PASSAGES - 1), 1, wanted);
      const items = ids.map((one, index): EvidenceItem => {
        const bare = { kind: 'passage' as const, title: '', place: '', headings: [], context: '' };
        return { ...bare, number: index + 1, text: texts.get(one) ?? '' };
      });
      const units = evidenceUnits(items);
      const gold = units.map(({ item, text: said, around }): Stands => {
        const hit = (quote: string) =>
          ids[item.number - 1] === wanted && (answers.get(id) ?? []).some((answer) => quote.includes(answer))
            ? 'quote'
            : null;
        return { sentence: [hit(said)], cited: [hit(around)] };
      });
      write({ set: `${corpus}<${asked}`, id, expect: 'answered', paraphrased: false, places: 1 }, text, units, gold);
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
