import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { type Caller, errorRecord } from '@fieldkit/core';
import {
  type Attribution,
  type AttributionFacts,
  attribute,
  buildReport,
  type Case,
  compareTargets,
  createAttributionCounter,
  createScoreMatrix,
  type EvaluationReport,
  type Ledger,
  type LedgerRow,
  openLedger,
  readCases,
  scorers,
  type TargetReport,
} from '@fieldkit/eval';
import { attributionFacts, type Project } from '@fieldkit/project';
import { coversCaller } from '../auth/principal.ts';
import { badRequest, notFound } from '../http/http-failure.ts';
import type { Route } from '../route.ts';
import type { Services } from '../services.ts';
import { numberIn } from './query.ts';

/** Score that lists and comparisons go by when no other is named. */
const HEADLINE = 'gold-place-first-3';
const SET = /^evals\/[^/\\]+\.jsonl$/;

/** Question sets, and what the ledger of `fieldkit eval run --ledger` holds. What a question's caller may see decides who sees its answer. */
export function evaluationRoutes({ project }: Services): Route[] {
  const { paths, config } = project;
  const mayRead = (caller: Caller, item: Case): boolean =>
    coversCaller(caller, { tenant: item.caller?.tenant ?? config.knowledge.tenant, groups: item.caller?.groups ?? [] });
  /** Counts tell of no single answer; they are for operators of the project's own tenant. */
  const requireOwn = (caller: Caller): void => {
    if (caller.tenant !== config.knowledge.tenant) throw notFound('there are no evaluations', 'evaluation_not_found');
  };
  const causeOf = createCauses(project);
  const report = createReportCache(project);

  return [
    {
      method: 'GET',
      path: '/api/evals',
      access: 'operator',
      tag: 'evaluation',
      summary: 'The question sets of the project, with how many questions of each kind and split.',
      async handle() {
        const files = globSync('evals/*.jsonl', { cwd: paths.root }).map((name) => name.replaceAll('\\', '/'));
        return Response.json({ sets: await Promise.all(files.sort().map((name) => describeSet(paths.root, name))) });
      },
    },
    {
      method: 'GET',
      path: '/api/evals/cases',
      access: 'operator',
      tag: 'evaluation',
      summary: 'The questions of one set.',
      query: {
        set: 'such as evals/questions.jsonl',
        limit: 'rows at most, 1 to 500 (default 100)',
        after: 'rows passed over (default 0)',
      },
      async handle({ query, principal }) {
        const set = query.get('set') ?? '';
        if (!SET.test(set) || !existsSync(join(paths.root, set)))
          throw notFound('there is no such set', 'set_not_found');
        const limit = numberIn(query, 'limit', { min: 1, max: 500, fallback: 100 });
        const after = numberIn(query, 'after', { min: 0, max: 1_000_000, fallback: 0 });
        const cases: Case[] = [];
        for await (const item of readCases(join(paths.root, set)))
          if (mayRead(principal.caller, item)) cases.push(item);
        return Response.json({ total: cases.length, cases: cases.slice(after, after + limit) });
      },
    },
    {
      method: 'GET',
      path: '/api/evals/runs',
      access: 'operator',
      tag: 'evaluation',
      summary: 'Evaluation runs of the ledger: scores with intervals, time, tokens, cost.',
      async handle({ principal }) {
        requireOwn(principal.caller);
        if (!existsSync(paths.evaluations)) return Response.json({ headline: HEADLINE, runs: [] });
        const { dataset, targets, detectable } = await report();
        return Response.json({ headline: headlineOf(targets), dataset, detectable, runs: targets.map(publicTarget) });
      },
    },
    {
      method: 'GET',
      path: '/api/evals/compare',
      access: 'operator',
      tag: 'evaluation',
      summary: 'Two runs of the ledger, item by item: the difference with its interval, and which items changed.',
      query: { a: 'name of a run', b: 'name of another', scorer: `a scorer (default ${HEADLINE})` },
      handle({ principal, query }) {
        requireOwn(principal.caller);
        const [a, b] = [query.get('a') ?? '', query.get('b') ?? ''];
        const scorer = query.get('scorer') ?? HEADLINE;
        if (!scorers.some(({ name }) => name === scorer)) throw badRequest('there is no such scorer', 'scorer');
        if (a === b) throw badRequest('a and b must be two runs', 'b');
        return withLedger(project, (ledger) => {
          const matrix = createScoreMatrix();
          const changed = new Map<string, { question: string; a?: number; b?: number }>();
          for (const [side, name] of [['a', a] as const, ['b', b] as const]) {
            for (const row of rowsOf(ledger, name)) {
              matrix.add(name, row.item, row.scores);
              const value = row.scores[scorer]?.value;
              if (typeof value !== 'number' || !mayRead(principal.caller, row.item)) continue;
              const known = changed.get(row.item.id) ?? { question: row.item.question };
              changed.set(row.item.id, { ...known, [side]: value });
            }
          }
          const [comparison] = compareTargets({ matrix, pairs: [[a, b]], scorers: [scorer] });
          const items = [...changed]
            .flatMap(([id, item]) => (item.a === undefined || item.b === undefined ? [] : [{ id, ...item }]))
            .filter((item) => item.a !== item.b);
          return Response.json({ comparison: comparison ?? null, items });
        });
      },
    },
    {
      method: 'GET',
      path: '/api/evals/causes',
      access: 'operator',
      tag: 'evaluation',
      summary:
        'Why items of one run failed: first causes, counted, with what to do about them. Takes a moment per failure the first time.',
      query: { run: 'name of a run' },
      handle({ principal, query }) {
        requireOwn(principal.caller);
        return withLedger(project, async (ledger) => {
          const counter = createAttributionCounter();
          for (const row of rowsOf(ledger, query.get('run') ?? '', true)) counter.add(row.item.id, await causeOf(row));
          return Response.json(counter.summary());
        });
      },
    },
    {
      method: 'GET',
      path: '/api/evals/items',
      access: 'operator',
      tag: 'evaluation',
      summary: 'The items of one run: question, answer, scores with reasons, and the first cause of a failure.',
      query: {
        run: 'name of a run',
        limit: 'rows at most, 1 to 200 (default 50)',
        after: 'rows passed over (default 0)',
        show: 'all or failed (default all)',
      },
      async handle({ principal, query }) {
        const name = query.get('run') ?? '';
        const limit = numberIn(query, 'limit', { min: 1, max: 200, fallback: 50 });
        const after = numberIn(query, 'after', { min: 0, max: 10_000_000, fallback: 0 });
        const failedOnly = query.get('show') === 'failed';
        return withLedger(project, async (ledger) => {
          const items: unknown[] = [];
          let total = 0;
          for (const row of rowsOf(ledger, name, true)) {
            if (!mayRead(principal.caller, row.item)) continue;
            const cause = await causeOf(row);
            if (failedOnly && cause === undefined) continue;
            total += 1;
            if (total > after && items.length < limit) items.push(publicItem(row, cause));
          }
          return Response.json({ total, items });
        });
      },
    },
  ];
}

type CauseOf = (row: LedgerRow) => Promise<Attribution | undefined>;

/** Causes of rows, each found once while the documents stay the same; other requests get their turn in between. */
function createCauses(project: Project): CauseOf {
  const known = new Map<string, Attribution | undefined>();
  let stamp = '';
  let facts: Promise<AttributionFacts> | undefined;
  return async (row) => {
    const now = project.documents.list().reduce((text, { contentHash }) => text + contentHash, '');
    if (facts === undefined || now !== stamp) {
      stamp = now;
      known.clear();
      facts = attributionFacts(project);
      facts.catch(() => {
        facts = undefined; // such as a tool that does not start: tried again next time
      });
    }
    const key = JSON.stringify(row.key);
    if (known.has(key)) return known.get(key);
    await new Promise((resolve) => setImmediate(resolve));
    const cause = await attribute(row, { facts: await facts });
    known.set(key, cause);
    return cause;
  };
}

/** The whole report takes a pass over every row, so it is made anew only when the ledger has more of them. */
function createReportCache(project: Project): () => Promise<EvaluationReport> {
  let made: { readonly stamp: string; readonly report: EvaluationReport } | undefined;
  let making: Promise<EvaluationReport> | undefined;
  const make = () =>
    withLedger(project, async (ledger) => {
      const stamp = JSON.stringify([ledger.count(), ledger.configurations().at(-1)?.at]);
      if (made?.stamp === stamp) return made.report;
      const report = await buildReport({
        ledger,
        title: project.config.name,
        scorers,
        headline: HEADLINE,
      });
      made = { stamp, report };
      return report;
    });
  return () => {
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
}

async function withLedger<T>(project: Project, work: (ledger: Ledger) => Promise<T> | T): Promise<T> {
  const path = project.paths.evaluations;
  if (!existsSync(path)) throw notFound('there are no evaluations yet', 'evaluation_not_found');
  const ledger = openLedger({ path });
  try {
    return await work(ledger);
  } finally {
    ledger.close();
  }
}

/** The rows of a run, named as a report names it: two identities under one name are numbered `NAME #1`, `NAME #2`. */
function rowsOf(ledger: Ledger, name: string, traces = false): Iterable<LedgerRow> {
  const known = ledger.targets().filter(({ rounds }) => rounds > 0);
  const target = known.find((one, index) => {
    const same = known.filter(({ name: other }) => other === one.name);
    const number = known.slice(0, index + 1).filter(({ name: other }) => other === one.name).length;
    return name === (same.length === 1 ? one.name : `${one.name} #${number}`);
  });
  if (target === undefined) throw notFound('there is no such run in the ledger', 'evaluation_not_found');
  return ledger.rows({ target, traces });
}

/** Gold places when some run has any, else the first score that was given. */
function headlineOf(targets: readonly TargetReport[]): string {
  const given = targets.flatMap(({ summary }) => summary.scores.filter(({ overall }) => overall.scored > 0));
  const names = given.map(({ scorer }) => scorer);
  return names.includes(HEADLINE) ? HEADLINE : (names[0] ?? HEADLINE);
}

/** Without the identity (prompts, plan): that is in the ledger for whoever needs it. */
function publicTarget({ identity: _, ...target }: TargetReport) {
  return target;
}

function publicItem({ item, outcome, scores, round }: LedgerRow, attribution: Attribution | undefined) {
  const { answer, run, durationMs, error } = outcome;
  return {
    id: item.id,
    kind: item.kind,
    split: item.split,
    question: item.question,
    references: item.references,
    answer: answer.text,
    status: answer.status,
    runId: run?.id ?? answer.runId,
    round,
    durationMs,
    scores,
    error: error ?? null,
    attribution: attribution ?? null,
  };
}

async function describeSet(root: string, name: string) {
  const counts: Record<'kinds' | 'splits', Record<string, number>> = { kinds: {}, splits: {} };
  let questions = 0;
  try {
    for await (const { kind, split } of readCases(join(root, name))) {
      questions += 1;
      counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1;
      counts.splits[split] = (counts.splits[split] ?? 0) + 1;
    }
    return { name, questions, ...counts };
  } catch (error) {
    return { name, questions, ...counts, error: errorRecord(error).message };
  }
}
