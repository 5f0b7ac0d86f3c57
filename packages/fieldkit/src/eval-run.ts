import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import {
  type AttributionFacts,
  askIntoLedger,
  attribute,
  evaluateByBatch,
  hashCriteria,
  type Ledger,
  type NamedTarget,
  openLedger,
  type Progress,
  rescoreLedger,
  type Scorer,
} from '@fieldkit/eval';
import { attributionFacts, type Project } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, stringOption } from './command.ts';
import { type ChosenCases, chooseCases, questionsPath } from './eval-cases.ts';
import { checkScorers, fixedCriteria, gatesOf } from './eval-gates.ts';
import { type Explain, ledgerPath } from './eval-ledger.ts';
import { casesOf, jsonOf, makeReport, nextLine, showReported } from './eval-outcome.ts';
import { chooseScorers, chooseTargets } from './eval-targets.ts';
import { limitGarbage } from './limit-garbage.ts';
import { secondsOption, wholeNumber } from './number-options.ts';
import { showNow } from './show-now.ts';
import { standinNotice } from './standin-notice.ts';

/** Questions after which a target that failed on each of them for the same reason is given up. */
const GIVE_UP_AFTER = 5;
/** Rows that `--json` prints; more are in the report's rows.csv. */
const MOST_ROWS = 5_000;

/** `fieldkit eval run`: questions through one or several targets, scored, explained, reported. */
export async function runEvaluation(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const release = limitGarbage();
  try {
    return await evaluateProject(project, input, context);
  } finally {
    release();
  }
}

async function evaluateProject(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const { root } = project.paths;
  const path = questionsPath(root, input, cwd);
  const folder = stringOption(input, 'report');
  const given = gatesOf(input, cwd);
  const chosen = await chooseCases(path, {
    split: stringOption(input, 'split') ?? 'all',
    kind: stringOption(input, 'kind'),
    limit: wholeNumber(input, 'limit'),
  });
  const rounds = wholeNumber(input, 'rounds') ?? 1;
  const byBatch = flag(input, 'batch');
  const { targets, agent, asksModels, close } = await chooseTargets(project, input, context);
  const scorers = await chooseScorers(project, agent, targets, input);
  checkScorers(given, scorers);
  const kept = flag(input, 'ledger') || byBatch || folder !== undefined;
  const scratch = kept ? undefined : mkdtempSync(join(tmpdir(), 'fieldkit-eval-'));
  const ledger = openLedger({ path: scratch === undefined ? ledgerPath(root) : join(scratch, 'ledger.sqlite') });
  try {
    if (agent !== undefined) {
      const { chunks } = await project.indexStats();
      if (chunks === 0)
        throw new FieldkitError('INDEX_NOT_FOUND', 'nothing is indexed yet; run `fieldkit ingest` first');
    }
    if (asksModels) await standinNotice(project, terminal);
    const criteria = fixedCriteria(given, kept ? ledger : undefined);
    ledger.saveConfiguration(
      { command: input.options, questions: path },
      {
        dataset: chosen.hash,
        rounds,
        scorers: scorers.map(({ name }) => name),
        targets: targets.map(({ name, identity }) => ({ name, identity })),
        ...(criteria === undefined ? {} : { criteria: { file: criteria.file, hash: hashCriteria(criteria.criteria) } }),
      },
    );
    const before = ledger.count().outcomes;
    await ask(ledger, targets, chosen, { rounds, byBatch, scorers, project, input, context });
    const asked = ledger.count().outcomes - before;
    const facts = agent === undefined ? undefined : await attributionFacts(project);
    const explain = explainer(agent, facts, scorers);
    const of = targets.map(({ name, identity }) => ledger.target(name, identity));
    const reported = await makeReport({
      ledger,
      project,
      targets: of,
      scorers,
      criteria,
      chosen,
      explain,
      input,
      context,
    });
    const reused = reported.rows - asked - reported.open;
    const { summary } = reported.report.targets[0] ?? { summary: undefined };
    if (flag(input, 'json'))
      terminal.json({
        questions: path,
        summary,
        ...jsonOf(reported),
        ...(kept ? { ledger: ledgerPath(root), reused, written: reported.written } : {}),
        ...(reported.rows <= MOST_ROWS ? { cases: await casesOf(ledger, of, explain) } : {}),
      });
    if (reused > 0)
      terminal.line(`${reused} of ${reported.rows} answers were in the ledger already and were not asked again`);
    showReported(reported, input, terminal);
    terminal.line(nextLine(reported, { kept, agent: agent !== undefined }, input, context));
    const { gates, targets: done } = reported.report;
    if (gates !== undefined && gates.outcome !== 'passed') return 4;
    return done.some(({ summary: { statuses } }) => (statuses.failed ?? 0) > 0) ? 3 : 0;
  } finally {
    ledger.close();
    close();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  }
}

interface AskSettings {
  readonly rounds: number;
  readonly byBatch: boolean;
  readonly scorers: readonly Scorer[];
  readonly project: Project;
  readonly input: CommandInput;
  readonly context: CommandContext;
}

/** Asks what the ledger does not have, and scores what it has by the rules of today. */
async function ask(
  ledger: Ledger,
  targets: readonly NamedTarget[],
  { cases, count }: ChosenCases,
  { rounds, byBatch, scorers, project, input, context }: AskSettings,
): Promise<void> {
  const { terminal, signal } = context;
  const concurrency = wholeNumber(input, 'concurrency') ?? 2;
  const pollMs = secondsOption(input, 'poll');
  const timeoutMs = secondsOption(input, 'timeout');
  const scoreContext = { documentText: (id: string) => project.documents.get(id)?.text };
  const stored = ledger.count().outcomes;
  const common = { ledger, cases, targets, rounds, scorers, concurrency, context: scoreContext, signal };
  if (byBatch) {
    let said = '';
    await evaluateByBatch({
      ...common,
      ...(pollMs === undefined ? {} : { pollMs }),
      onProgress({ target, batchId, state, status, lines, completed }) {
        const line = `  ${target}: batch ${batchId} of ${lines} questions, ${state === 'waiting' ? `${status}, ${completed} done` : state === 'lost' ? `lost (${status}), sent again` : state}`;
        if (line === said) return;
        said = line;
        terminal.notice(line);
      },
    }).catch((error: unknown) => {
      if (signal.aborted)
        terminal.notice(
          'The batches go on at the endpoint: the same command again collects them and sends only the rest.',
        );
      throw error;
    });
  } else {
    await askIntoLedger({
      ...common,
      total: count,
      giveUpAfter: Math.min(GIVE_UP_AFTER, count),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      onProgress: showProgress(terminal),
    });
  }
  terminal.overwrite('');
  if (stored === 0) return;
  const say = showNow(terminal);
  let scored = 0;
  for (const { name, identity } of targets) {
    scored += await rescoreLedger({
      ledger,
      scorers,
      target: ledger.target(name, identity),
      judgeAgain: false,
      concurrency,
      context: scoreContext,
      signal,
      onProgress: (rows) => say(() => `  scored ${counted(scored + rows, 'answer')} of the ledger anew`),
    });
  }
  terminal.overwrite('');
}

function showProgress(terminal: CommandContext['terminal']) {
  const say = showNow(terminal);
  return ({
    done,
    total = 0,
    reused,
    perSecond,
    leftMs,
    cost,
    failed,
  }: Progress & { readonly reused: number }): void => {
    say(() => {
      const paid = Object.entries(cost).map(([currency, micro]) => `, ${(micro / 1e6).toFixed(4)} ${currency} so far`);
      const left = leftMs === undefined ? '' : `, about ${duration(leftMs)} left`;
      return `  ${done + reused}/${total} answers, ${perSecond.toFixed(1)} a second${failed === 0 ? '' : `, ${failed} failed`}${paid.join('')}${left}`;
    });
  };
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** Causes of failure; documents, chunks and a wider retrieval are known for the project's own agent only. */
function explainer(
  agent: string | undefined,
  facts: AttributionFacts | undefined,
  scorers: readonly Scorer[],
): Explain {
  const judges = scorers.filter(({ kind }) => kind === 'judge').map(({ name }) => name);
  return (row) => attribute(row, { judges, ...(row.target === agent && facts !== undefined ? { facts } : {}) });
}
