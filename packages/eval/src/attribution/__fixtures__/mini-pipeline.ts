import {
  analyzeText,
  type Citation,
  FieldkitError,
  findQuote,
  formatCitationMark,
  formatEvidence,
  maySee,
  NO_USAGE,
  type Passage,
  type Run,
  type Step,
} from '@fieldkit/core';
import { type Case, caseSchema } from '../../data/case.ts';
import type { Scorer } from '../../scorer.ts';
import type { Outcome } from '../../target.ts';
import type { AttributionFacts } from '../gold-progress.ts';

/**
 * A small pipeline with every stage of the real one and traces of the same shape: documents, chunks, retrieval, prompt, answer, tools. Each
 * stage can be broken on purpose, one at a time.
 */

export interface MiniDocument {
  readonly uri: string;
  text: string;
  groups: string[];
}

export interface World {
  documents: MiniDocument[];
  chunkBorders: 'paragraphs' | 'inside-sentences';
  /** Passages retrieved. */
  limit: number;
  /** Passages put in the prompt. */
  shown: number;
  retrieve: 'normal' | 'blind';
}

const ADJECTIVES = ['blue', 'heavy', 'quiet', 'marine', 'compact', 'vertical', 'twin', 'dosing', 'vacuum', 'booster'];
const PARTS = ['seal', 'bearing', 'impeller', 'gasket', 'filter', 'coupling'];

/** Sixty short documents, each with one sentence that no other holds. */
export function createWorld(): World {
  const documents = Array.from({ length: 60 }, (_, index) => {
    const name = nameOf(index);
    const paragraphs = [
      `Overview of the ${name}. The machine is delivered on a wooden pallet and stored in a dry room until it is used.`,
      factOf(index),
      `Before work begins, the operator of the ${name} isolates the supply and waits until the shaft stands still.`,
    ];
    return { uri: `knowledge/manual-${index}.txt`, text: paragraphs.join('\n\n'), groups: [] };
  });
  return { documents, chunkBorders: 'paragraphs', limit: 5, shown: 5, retrieve: 'normal' };
}

function nameOf(index: number): string {
  return `${ADJECTIVES[index % 10]} ${PARTS[Math.floor(index / 10)]} unit`;
}

function factOf(index: number): string {
  return `The ${nameOf(index)} needs new lubricant after ${1000 + index * 17} hours of operation, or when its housing is warmer than ${60 + index} degrees.`;
}

export function miniCase(index: number, fields: Record<string, unknown> = {}): Case {
  return caseSchema.parse({
    id: `mini-${index}`,
    question: `After how many hours of operation does the ${nameOf(index)} need new lubricant?`,
    references: [`${1000 + index * 17} hours`],
    gold: [{ document: `knowledge/manual-${index}.txt`, quote: factOf(index) }],
    language: 'en',
    ...fields,
  });
}

export function twoPlaceCase(index: number): Case {
  const other = (index + 1) % 60;
  return miniCase(index, {
    kind: 'two-documents',
    question: `When do the ${nameOf(index)} and the ${nameOf(other)} need new lubricant?`,
    references: [`${1000 + index * 17} hours and ${1000 + other * 17} hours`],
    gold: [index, other].map((at) => ({ document: `knowledge/manual-${at}.txt`, quote: factOf(at) })),
  });
}

function chunksOf({ text }: MiniDocument, borders: World['chunkBorders']): { start: number; end: number }[] {
  if (borders === 'inside-sentences') {
    const spans: { start: number; end: number }[] = [];
    for (let start = 0; start < text.length; start += 60) spans.push({ start, end: Math.min(text.length, start + 60) });
    return spans;
  }
  let start = 0;
  return text.split('\n\n').map((paragraph) => {
    const span = { start, end: start + paragraph.length };
    start = span.end + 2;
    return span;
  });
}

/** Chunks repeat from world to world: each text is analysed once. */
const words = new Map<string, ReadonlySet<string>>();
function wordsOf(text: string): ReadonlySet<string> {
  const known = words.get(text) ?? new Set(analyzeText(text));
  words.set(text, known);
  return known;
}

function search(world: World, item: Case, limit: number): Passage[] {
  const caller = { tenant: 't', subject: 's', groups: item.caller?.groups ?? [] };
  const wanted = new Set(analyzeText(world.retrieve === 'blind' ? 'wooden pallet dry room' : item.question));
  const passages = world.documents
    .filter(({ groups }) => maySee(caller, { tenant: 't', groups }))
    .flatMap((document) =>
      chunksOf(document, world.chunkBorders).map(({ start, end }, index): Passage => {
        const text = document.text.slice(start, end);
        const score = wanted.intersection(wordsOf(text)).size;
        const facts = { tokens: 10, tenant: 't', groups: document.groups, headings: [], context: '' };
        const metadata = { uri: document.uri, title: document.uri };
        return { id: `${document.uri}#${index}`, documentId: document.uri, index, start, end, text, score, ranks: {}, metadata, ...facts };
      }),
    );
  return passages.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, limit);
}

/** What the answering "model" does with the prompt's passages. */
export interface Behaviour {
  /** Changes the finished text. */
  readonly text?: (text: string) => string;
  readonly status?: Outcome['answer']['status'];
  /** Which sentence is quoted and said: the fitting ones, another, or one of two. */
  readonly choose?: 'right' | 'other' | 'first-only';
  /** Says the right thing and cites another passage. */
  readonly citeOther?: boolean;
  readonly finish?: 'stop' | 'length';
  readonly calls?: readonly { name: string; arguments: Record<string, unknown>; isError?: boolean }[];
  readonly fail?: FieldkitError;
}

export function runMini(world: World, item: Case, behaviour: Behaviour = {}): Outcome {
  const { choose = 'right', citeOther = false, finish = 'stop', calls = [], fail } = behaviour;
  const steps: Step[] = [];
  const step = (kind: Step['kind'], name: string, input: unknown, output: unknown) =>
    steps.push({ id: `s${steps.length}`, attempt: 1, name, kind, input, output, startedAt: '', durationMs: 1 });
  const retrieved = search(world, item, world.limit);
  step('tool', 'search_knowledge', { query: item.question }, { data: { passages: retrieved }, text: '', isError: false });
  for (const { name, arguments: input, isError = false } of calls) {
    step('tool', name, input, { data: { status: isError ? 'down' : 'shipped' }, text: isError ? 'system is down' : 'status: shipped', isError });
  }
  const shown = retrieved.slice(0, world.shown);
  const evidence = shown.map((passage, index) => ({
    number: index + 1,
    kind: 'passage' as const,
    title: passage.documentId,
    place: '',
    headings: [],
    context: '',
    text: passage.text,
  }));
  const right = shown.filter(({ text }) => item.gold.some(({ quote = '' }) => findQuote(text, quote) !== undefined));
  const others = shown.filter((passage) => !right.includes(passage));
  const said = choose === 'other' ? others.slice(0, 1) : choose === 'first-only' ? right.slice(0, 1) : right;
  const citations: Citation[] = (citeOther ? others.slice(0, said.length) : said).map((passage, index) => citationOf(passage, index + 1));
  const found = said.length > 0;
  const plain = found
    ? said.map(({ text }, index) => `${text} ${formatCitationMark(index + 1, '').replace(': ""', '')}`).join(' ')
    : 'The documents do not answer this.';
  const text = behaviour.text?.(plain) ?? plain;
  const prompt = `${formatEvidence(evidence, 'abc123')}\n\n${item.question}`;
  step('model', 'chat', { messages: [{ role: 'user', content: prompt }] }, { text, reason: finish });
  const status = behaviour.status ?? (found ? 'answered' : 'insufficient');
  const run: Run = { id: 'r', kind: 'answer', caller: { tenant: 't', subject: 's', groups: [] }, startedAt: '', durationMs: 1, input: {}, output: {}, steps, usage: NO_USAGE };
  const answer = { text, citations: status === 'answered' ? citations : [], status, language: 'en', usage: NO_USAGE, runId: 'r' };
  const error = fail === undefined ? {} : { error: { code: fail.code, message: fail.message, retryable: fail.retryable } };
  return { answer: fail === undefined ? answer : { ...answer, status: 'failed', text: '', citations: [] }, run, durationMs: 1, ...error };
}

function citationOf(passage: Passage, marker: number): Citation {
  const { id: chunkId, documentId, start, end, text } = passage;
  return { marker, quote: text, source: { kind: 'passage', chunkId, documentId, title: documentId, uri: documentId, start, end, places: [], headings: [] } };
}

export function factsOf(world: World): AttributionFacts {
  return {
    document: (uri) => {
      const found = world.documents.find((document) => document.uri === uri);
      return found === undefined ? undefined : { id: found.uri, text: found.text, tenant: 't', groups: found.groups, metadata: { uri: found.uri } };
    },
    uris: world.documents.map(({ uri }) => uri),
    chunks: (id) => {
      const found = world.documents.find(({ uri }) => uri === id);
      return found === undefined ? [] : chunksOf(found, world.chunkBorders);
    },
    retrieveWide: async (item) => search(world, item, 50),
    writes: (tool) => tool.startsWith('set_'),
  };
}

/** A judge that says what it is told. */
export function scriptedJudge(value: number): Scorer {
  return { name: 'judge', kind: 'judge', description: 'a scripted verdict', score: () => ({ value, reason: 'scripted' }) };
}
