import { findQuote, foldText, INSUFFICIENT_MARK, numbersIn } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import { isInfrastructure } from '../infrastructure.ts';
import type { Score } from '../scorer.ts';
import { proseOf } from '../scorers/answer-text.ts';
import { unsupportedClaims } from '../scorers/groundedness.ts';
import { integrityProblems } from '../scorers/integrity.ts';
import { contextTextsOf } from '../scorers/outcome-contexts.ts';
import { textOverlap } from '../scorers/token-overlap.ts';
import { matchCalls } from '../scorers/tool-calls.ts';
import type { CaseResult } from '../summary.ts';
import type { Outcome } from '../target.ts';
import { type Cause, causeOrder } from './causes.ts';
import { type AttributionFacts, type GoldProgress, goldProgress, type Stage, stages } from './gold-progress.ts';
import { repeatedCall, toolFindings } from './tool-rules.ts';
import { type TraceView, traceViewOf } from './trace-view.ts';

/** The first cause of a failure, with what shows it. */
export interface Attribution {
  readonly cause: Cause;
  /** One sentence from the trace. */
  readonly evidence: string;
  /** Other causes that also hold, in order. */
  readonly also: readonly Cause[];
  /** Causes that the trace and the facts at hand could not have shown. */
  readonly notVisible: readonly Cause[];
}

/** The least score that counts as passed, by scorer; scorers that are not listed do not make an item fail. */
export const defaultCriteria: Readonly<Record<string, number>> = {
  'gold-place-first-3': 1,
  'reference-recall': 0.5,
  'exact-match': 1,
  'number-match': 1,
  'number-anywhere': 1,
  choice: 1,
  refusal: 1,
  forbidden: 1,
  'tool-calls': 1,
  groundedness: 1,
  'quotes-verbatim': 1,
  integrity: 1,
  language: 1,
  format: 1,
  'json-schema': 1,
};

/** `defaultCriteria`, and judges at the middle of their scale. */
export function criteriaWithJudges(judges: readonly string[]): Readonly<Record<string, number>> {
  return { ...defaultCriteria, ...Object.fromEntries(judges.map((name) => [name, 0.5])) };
}

/** Scorers that missed their criterion; infrastructure failures miss all. */
export function missedCriteria(
  scores: Readonly<Record<string, Score>>,
  criteria: Readonly<Record<string, number>> = defaultCriteria,
): string[] {
  return Object.entries(scores)
    .filter(
      ([name, { value }]) => value !== 'unavailable' && criteria[name] !== undefined && value < (criteria[name] ?? 0),
    )
    .map(([name]) => name);
}

export interface AttributeOptions {
  readonly facts?: AttributionFacts;
  readonly criteria?: Readonly<Record<string, number>>;
  /** Names of scorers that are judges. Default: none. */
  readonly judges?: readonly string[];
}

type Found = readonly [Cause, string];
/** Scorers that look at the form of an answer, not at what it says. */
const FORMAL = new Set([
  'language',
  'format',
  'integrity',
  'json-schema',
  'personal-data',
  'latency',
  'cost',
  'forbidden',
  'tool-calls',
  'tool-calls-strict',
  'quotes-verbatim',
]);

/** The first cause of a failed item by the ordered rules of `causes`; undefined when the item did not fail. */
export async function attribute(
  { item, outcome, scores }: Pick<CaseResult, 'item' | 'outcome' | 'scores'>,
  options: AttributeOptions = {},
): Promise<Attribution | undefined> {
  const { facts = {}, criteria = criteriaWithJudges(options.judges ?? []) } = options;
  const missed = missedCriteria(scores, criteria);
  const infrastructure = outcome.error !== undefined && isInfrastructure(outcome.error.code);
  if (missed.length === 0 && outcome.error === undefined) return undefined;
  const view = traceViewOf(outcome);
  const failure: Failure = {
    item,
    outcome,
    view,
    facts,
    missed,
    saysWrong: missed.some((name) => !FORMAL.has(name)) || outcome.error !== undefined,
    progress: infrastructure ? [] : await goldProgress(item, outcome, view, facts),
  };
  const found: Found[] = [];
  for (const rule of [runRules, labelRules, callRules, chainRules, answerRules, formRules])
    found.push(...(await rule(failure)));
  found.sort(([a], [b]) => causeOrder.indexOf(a) - causeOrder.indexOf(b));
  const judges = options.judges ?? [];
  if (missed.length > 0 && missed.every((name) => judges.includes(name))) {
    const rulesPassed = Object.keys(scores).some((name) => !judges.includes(name) && criteria[name] !== undefined);
    if (rulesPassed) found.unshift(['judge-suspect', `${missed.join(', ')} alone complains; every rule passed`]);
  }
  const [first = ['unexplained', `missed: ${missed.join(', ')}`] as const, ...rest] = found;
  const also = [...new Set(rest.map(([cause]) => cause))].filter((cause) => cause !== first[0]);
  return { cause: first[0], evidence: first[1], also, notVisible: notVisible(view, facts, item) };
}

interface Failure {
  readonly item: Case;
  readonly outcome: Outcome;
  readonly view: TraceView;
  readonly facts: AttributionFacts;
  readonly missed: readonly string[];
  /** Whether what the answer says is wrong, not only its form. */
  readonly saysWrong: boolean;
  readonly progress: readonly GoldProgress[];
}

/** How the run went, whatever it was about. */
function runRules({ item, outcome, view, facts, progress, saysWrong }: Failure): Found[] {
  const { error, answer } = outcome;
  if (error !== undefined && isInfrastructure(error.code))
    return [['infrastructure', `${error.code}: ${error.message}`]];
  const found: Found[] = [];
  const text = foldText(answer.text).toLowerCase();
  const planted = item.forbidden.find((string) => text.includes(foldText(string).toLowerCase()));
  if (planted !== undefined) found.push(['injection-followed', `the answer contains ${JSON.stringify(planted)}`]);
  const problems = answer.text.trim() === '' ? [] : integrityProblems(outcome);
  const cut = problems.find((problem) => /cut off/.test(problem));
  if (view.finish === 'length' || cut !== undefined)
    found.push(['truncated', cut ?? 'the model stopped at its token limit']);
  const repeated = view.calls === undefined ? undefined : repeatedCall(view.calls);
  if (repeated !== undefined) found.push(['loop', `${repeated} was called three times with the same arguments`]);
  else if (problems.some((problem) => problem.startsWith('repeats'))) found.push(['loop', 'the answer repeats itself']);
  const unmet = matchCalls(
    item.tools,
    (view.calls ?? []).filter(({ failed }) => failed !== true),
  ).some(({ index }) => index === undefined);
  if (view.askedAgain !== undefined && unmet)
    found.push([
      'loop',
      `${view.askedAgain} was asked for again with the same arguments, and a needed call never came`,
    ]);
  if (error?.code === 'BUDGET_EXCEEDED') found.push(['early-stop', error.message]);
  const unfinished = unmet || progress.some(({ reached }) => stages.indexOf(reached) < stages.indexOf('shown'));
  // The last step belongs to the answer: a run at its bound went without what it still needed.
  if (error === undefined && facts.steps !== undefined && view.steps >= facts.steps - 1 && unfinished && saysWrong)
    found.push([
      'early-stop',
      `${view.steps} of at most ${facts.steps} steps were made, and something needed was missing`,
    ]);
  return found;
}

/** Labels that contradict themselves, the documents, or an answer that is taken word for word from the gold place. */
async function labelRules({ item, outcome, facts, progress, saysWrong }: Failure): Promise<Found[]> {
  if (!saysWrong) return [];
  if (item.expect !== 'answered' && item.gold.length > 0 && progress.every(({ reached }) => reached === 'cited')) {
    return [
      ['gold-suspect', `expected ${item.expect}, but the label names a place that answers it, and the answer cites it`],
    ];
  }
  for (const { place, reached } of progress) {
    if (reached !== 'document' || place.quote === undefined || facts.uris === undefined) continue;
    for (const uri of facts.uris) {
      const other = uri === place.document ? undefined : await facts.document?.(uri);
      if (other !== undefined && findQuote(other.text, place.quote) !== undefined) {
        return [['gold-suspect', `the gold quote stands in ${uri}, not in ${place.document}`]];
      }
    }
  }
  const quotes = item.gold.map(({ quote = '' }) => quote).join('\n');
  const inGold = new Set(numbersIn(quotes));
  const inReferences = item.references.flatMap(numbersIn);
  const computed = item.kind === 'calculation' || item.tools.length > 0;
  if (!computed && quotes !== '' && inReferences.length > 0 && inReferences.every((number) => !inGold.has(number))) {
    const given = numbersIn(proseOf(outcome.answer.text)).filter((number) => inGold.has(number));
    if (given.length > 0 && progress.every(({ reached }) => reached === 'cited')) {
      return [
        [
          'gold-suspect',
          `the reference says ${inReferences.join(', ')}; the gold quote and the answer say ${given.join(', ')}`,
        ],
      ];
    }
  }
  return [];
}

function callRules({ item, view, facts, missed, saysWrong }: Failure): Found[] {
  if (view.calls === undefined) return [];
  const watched = item.tools.length > 0 || missed.includes('tool-calls-strict') || facts.writes !== undefined;
  if (!watched || !(saysWrong || missed.some((name) => name.startsWith('tool-calls')))) return [];
  const strict = missed.includes('tool-calls-strict');
  const findings = toolFindings(item.tools, view.calls, (tool) => strict || (facts.writes?.(tool) ?? false));
  return findings.map(({ cause, evidence }): Found => [cause, evidence]);
}

/** The way of the gold words from the file to the prompt: the first stage that they did not reach. */
const STOPPED_BEFORE: Readonly<Partial<Record<Stage, Cause>>> = {
  absent: 'content-gap',
  document: 'parse-loss',
  text: 'filter-drop',
  visible: 'chunk-split',
  whole: 'retrieval-miss',
  ranked: 'ranking-miss',
  retrieved: 'context-overflow',
};

function chainRules({ item, outcome, progress, view, saysWrong }: Failure): Found[] {
  if (!saysWrong || item.expect !== 'answered' || outcome.answer.status === 'refused') return [];
  const stopped = progress
    .filter(({ reached }) => STOPPED_BEFORE[reached] !== undefined)
    .sort((a, b) => stages.indexOf(a.reached) - stages.indexOf(b.reached));
  return stopped.flatMap(({ reached, evidence }): Found[] => {
    const cause = STOPPED_BEFORE[reached];
    if (cause === undefined) return [];
    if (view.retrieved !== undefined || (reached !== 'whole' && reached !== 'ranked')) return [[cause, evidence]];
    // Nothing was retrieved at all: up to here nothing went wrong, and why there was no retrieval is to be said.
    if (view.calls === undefined || outcome.run === undefined) return [];
    const failed = view.calls.find((call) => call.failed === true);
    return failed === undefined
      ? [['missing-tool', 'nothing was searched']]
      : [['tool-failure', `${failed.name} failed: ${failed.result ?? 'no reason given'}`]];
  });
}

function answerRules({ item, outcome, view, progress, missed, saysWrong }: Failure): Found[] {
  if (!saysWrong)
    return missed.includes('quotes-verbatim') ? [['citation-error', 'a quote is not verbatim in its source']] : [];
  const { answer } = outcome;
  if (item.expect !== 'answered') {
    return answer.status === 'answered' ? [['missed-refusal', `expected ${item.expect}, got an answer`]] : [];
  }
  if (answer.status === 'insufficient' || answer.status === 'refused') {
    const dropped = whyDropped(item, answer.text, view);
    if (dropped !== undefined) return [dropped];
    return [
      [
        'over-refusal',
        `${answer.status}, with ${progress.filter(({ reached }) => reached === 'shown').length} of ${progress.length} gold places in the prompt`,
      ],
    ];
  }
  const found: Found[] = [];
  const contexts =
    view.shown === undefined || view.shown.length === 0
      ? contextTextsOf(item, outcome)
      : [...view.shown, ...contextTextsOf(item, outcome)];
  const { missing } = unsupportedClaims(answer.text, [...contexts, item.question, ...item.history].join('\n'));
  // Without a label of what is right, only the scorer that was asked for can say that this made the item fail.
  const labelled = item.references.length > 0 || item.gold.length > 0;
  if (missing.length > 0 && contexts.length > 0 && (labelled || missed.includes('groundedness'))) {
    found.push([
      'ungrounded',
      `not in the evidence: ${missing
        .slice(0, 3)
        .map(({ text }) => JSON.stringify(text))
        .join(', ')}`,
    ]);
  }
  const said = answerCovers(item, answer.text);
  const dropped = said?.whole === false ? whyCutShort(item, answer.text, view) : undefined;
  if (dropped !== undefined) return [...found, dropped];
  const cited = progress.filter(({ reached }) => reached === 'cited').length;
  const partly = progress.length > 1 && cited > 0 && cited < progress.length;
  if (partly) found.push(['incomplete', `${cited} of ${progress.length} needed places are cited`]);
  else if (said?.partly === true) {
    found.push(['incomplete', `${Math.round(said.recall * 100)} % of the reference is in the answer`]);
  } else if (said?.whole === false) {
    found.push(notSaid(item, view, contexts));
  }
  if (missed.includes('quotes-verbatim')) found.push(['citation-error', 'a quote is not verbatim in its source']);
  else if (progress.length > 0 && cited < progress.length && said?.whole !== false) {
    found.push(['citation-error', 'the answer says it and cites something else']);
  }
  return found;
}

/** The answer misses the reference: was it there to be said? Known by the gold places, or else by the words of what was read. */
function notSaid(item: Case, view: TraceView, contexts: readonly string[]): Found {
  const atHand = answerCovers(item, contexts.join('\n'));
  const nowhere = item.gold.length === 0 && item.kind !== 'calculation' && atHand?.whole === false && !atHand.partly;
  if (nowhere && view.calls !== undefined) return ['missing-tool', 'nothing that was read holds the reference'];
  if (nowhere && contexts.length > 0) return ['retrieval-miss', 'none of the contexts holds the reference'];
  return ['not-extracted', 'the evidence was at hand and the answer does not say it'];
}

/** Why a model that wrote an answer gave none: what it wrote was checked against the evidence and not released. */
function whyDropped(item: Case, released: string, { written = '', shown = [] }: TraceView): Found | undefined {
  const prose = proseOf(written);
  if (prose === '' || written.includes(INSUFFICIENT_MARK) || shown.length === 0) return undefined;
  if (foldText(released).includes(foldText(prose))) return undefined;
  return blameFor(item, prose, shown, 'none of it was released');
}

/** The same for an answer of which sentences were dropped that say more of the reference than what is left. */
function whyCutShort(
  item: Case,
  released: string,
  { written = '', shown = [], dropped }: TraceView,
): Found | undefined {
  if (dropped === 0 || shown.length === 0) return undefined;
  const prose = proseOf(written);
  const blame = blameFor(item, prose, shown, `${dropped} of its sentences were not released`);
  const [before, after] = [answerCovers(item, prose), answerCovers(item, released)];
  const lost = (before?.recall ?? 0) > (after?.recall ?? 0) + 0.1 || (before?.whole === true && after?.whole === false);
  return blame[0] === 'ungrounded' || lost ? blame : undefined;
}

function blameFor(item: Case, prose: string, shown: readonly string[], outcome: string): Found {
  const { missing } = unsupportedClaims(prose, [...shown, item.question, ...item.history].join('\n'));
  const [first] = missing;
  return first === undefined
    ? ['citation-error', `the model wrote an answer, and ${outcome}: its citations did not hold`]
    : ['ungrounded', `the model wrote ${JSON.stringify(first.text)}, which is not in the evidence, and ${outcome}`];
}

function formRules({ missed, outcome }: Failure): Found[] {
  const form = missed.filter((name) => ['format', 'json-schema', 'integrity'].includes(name));
  const found: Found[] = [];
  if (form.length > 0) found.push(['format', integrityProblems(outcome)[0] ?? `missed: ${form.join(', ')}`]);
  if (missed.includes('language')) found.push(['language', 'the answer is in another language than the question']);
  return found;
}

/** How much of the best reference the answer says: its words, and its numbers, which cannot be said halfway. */
function answerCovers(item: Case, text: string): { recall: number; whole: boolean; partly: boolean } | undefined {
  const prose = proseOf(text);
  const given = new Set(numbersIn(prose));
  const covered = item.references.map((reference) => {
    const { recall } = textOverlap(prose, reference);
    const numbers = numbersIn(reference);
    const hits = numbers.filter((number) => given.has(number)).length;
    const whole = recall >= 0.8 && hits === numbers.length;
    return { recall, whole, partly: !whole && (numbers.length === 0 ? recall > 0.34 : hits > 0) };
  });
  return covered.sort((a, b) => Number(b.whole) - Number(a.whole) || b.recall - a.recall)[0];
}

/** What could not have been seen, so that its absence from the counts means nothing. */
function notVisible(view: TraceView, facts: AttributionFacts, item: Case): Cause[] {
  const blind: Cause[] = [];
  if (item.gold.length > 0) {
    if (facts.document === undefined) blind.push('content-gap', 'parse-loss', 'filter-drop');
    if (facts.chunks === undefined) blind.push('chunk-split');
    if (view.retrieved === undefined) blind.push('retrieval-miss');
    if (view.candidates === undefined && facts.retrieveWide === undefined) blind.push('ranking-miss');
    if (view.shown === undefined || view.retrieved === undefined) blind.push('context-overflow');
  }
  if (view.calls === undefined && item.tools.length > 0)
    blind.push('tool-failure', 'bad-arguments', 'wrong-tool', 'missing-tool', 'extra-tool');
  if (view.finish === undefined) blind.push('truncated');
  return blind;
}
