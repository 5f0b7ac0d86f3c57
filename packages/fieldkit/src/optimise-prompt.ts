import { resolve } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import {
  scorers as allScorers,
  askTarget,
  attribute,
  type Case,
  createPromptTarget,
  createProposer,
  type OptimisationReport,
  openLedger,
  optimisePrompt,
  type PromptUnderTest,
  promptFileText,
  referenceRecall,
  type Scorer,
  scoreOutcome,
  type TrialResult,
} from '@fieldkit/eval';
import { findNamed, type Project, readPromptFile } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { chooseCases, questionsPath } from './eval-cases.ts';
import { ledgerPath } from './eval-ledger.ts';
import { writeWhole } from './write-file.ts';

/** `fieldkit prompt optimise FILE`: up to three rounds of candidates, accepted only when they are better beyond doubt. */
export async function optimise(
  project: Project,
  file: string,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal, cwd } = context;
  const out = stringOption(input, 'out');
  if (out === undefined)
    throw new FieldkitError(
      'INVALID_OPTION',
      'say where the new prompt goes, another file than the original: --out FILE',
    );
  if (resolve(cwd, out) === resolve(cwd, file))
    throw new FieldkitError('INVALID_OPTION', '--out must be another file than the original, which stays');
  const prompt = readPromptFile(resolve(cwd, file), file);
  const endpoint = await project.endpoint();
  if (endpoint.standin)
    throw new FieldkitError(
      'INVALID_OPTION',
      'no endpoint is configured, and the stand-in is no language model: it can neither answer a prompt nor write one; set endpoint in fieldkit.config.ts',
    );
  const model = endpoint.chat(stringOption(input, 'model') ?? 'chat');
  const writer = endpoint.chat(stringOption(input, 'writer') ?? 'chat');
  const chosen = await chooseCases(questionsPath(project.paths.root, input, cwd), {
    split: 'all',
    kind: undefined,
    limit: undefined,
  });
  const cases: Case[] = [];
  for await (const item of chosen.cases()) cases.push(item);
  const scorer = scorerOf(input, cases);
  const ledger = openLedger({ path: ledgerPath(project.paths.root) });
  ledger.beginSet();
  let asked = 0;
  let said = performance.now();
  /** Asks a candidate once about an item; what the ledger has is not asked again. */
  const tryOut = async (candidate: PromptUnderTest, item: Case): Promise<TrialResult> => {
    const target = createPromptTarget({ prompt: candidate, model, modelIdentity: endpoint.baseUrl });
    const [key, kept] = [ledger.putCase(item), ledger.target(target.name, target.identity)];
    let outcome = ledger.outcome(key, kept, 1);
    if (outcome === undefined) {
      asked += 1;
      outcome = await askTarget(target.ask, item, signal);
      signal.throwIfAborted();
      ledger.record(key, kept, 1, outcome, await scoreOutcome([scorer], item, outcome, { signal }));
    }
    if (performance.now() - said > 2000) {
      said = performance.now();
      terminal.notice(`  ${counted(asked, 'answer')} asked, trying ${candidate.name}`);
    }
    if (outcome.error !== undefined) {
      lastError = outcome.error;
      return { score: 'unavailable' };
    }
    const scores = await scoreOutcome([scorer], item, outcome, { signal });
    const found = await attribute({ item, outcome, scores }, { criteria: { [scorer.name]: 1 } });
    return {
      score: scores[scorer.name]?.value ?? 'unavailable',
      ...(found === undefined ? {} : { cause: found.cause, evidence: found.evidence }),
    };
  };
  let lastError: { readonly code: string; readonly message: string } | undefined;
  try {
    const report = await optimisePrompt({ prompt, cases, tryOut, propose: createProposer(writer, { signal }), signal });
    if (lastError !== undefined)
      terminal.notice(terminal.style.yellow(`some answers failed: ${lastError.code}: ${lastError.message}`));
    return conclude(report, { file, out: resolve(cwd, out), scorer: scorer.name, asked }, input, context);
  } finally {
    ledger.close();
  }
}

/** The score that candidates are compared by: `--scorer`, else the first that says something about these questions. */
function scorerOf(input: CommandInput, cases: readonly Case[]): Scorer {
  const name = stringOption(input, 'scorer');
  if (name !== undefined) return findNamed(name, allScorers, 'scorer');
  const labelled = cases.some(({ references }) => references.length > 0);
  if (!labelled)
    throw new FieldkitError(
      'DATASET_INVALID',
      'the questions have no reference answers to compare by; name a score with --scorer NAME',
    );
  return referenceRecall;
}

function conclude(
  report: OptimisationReport,
  { file, out, scorer, asked }: { file: string; out: string; scorer: string; asked: number },
  input: CommandInput,
  context: CommandContext,
): ExitCode {
  const { terminal } = context;
  const { best, original, rounds, portions, verdict, test } = report;
  const changed = best !== original;
  if (changed) writeWhole(out, promptFileText(best));
  if (flag(input, 'json')) terminal.json({ ...report, scorer, asked, ...(changed ? { file: out } : {}) });
  terminal.line(
    `${counted(portions.train, 'question')} to try on, ${portions.validate} to accept by, ${portions.test} kept for the end; score ${scorer}, ${counted(asked, 'answer')} asked`,
  );
  for (const { round, clusters, candidates, validation, accepted } of rounds) {
    const causes = clusters.map(({ cause, items }) => `${cause} ${items}`).join(', ');
    terminal.line(`\nRound ${round}: ${causes}`);
    if (candidates.length === 0) terminal.line('  the writing model proposed nothing that could be read');
    for (const { name, droppedAfter, difference, why } of candidates) {
      const result =
        why ??
        `${points(difference ?? 0)}${droppedAfter === undefined ? '' : `, dropped after ${counted(droppedAfter, 'question')}`}`;
      terminal.line(`  ${name}: ${result}`);
    }
    if (validation !== undefined)
      terminal.line(
        `  best on the questions to accept by: ${points(validation.difference)} (${points(validation.interval.low)} to ${points(validation.interval.high)}): ${accepted ? 'accepted' : 'not accepted'}`,
      );
  }
  terminal.line(`\n${verdict}`);
  if (changed) terminal.line(`Written: ${out}`);
  const next = changed ? `eval run --ledger --prompt ${file} --prompt ${out}` : 'eval run --details';
  terminal.line(`Next: ${nextStep(context, input, next)}`);
  return test !== undefined || !changed ? 0 : 3;
}

function points(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)} points`;
}
