import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  agentScorers,
  askIntoLedger,
  comparableScorers,
  compareTargets,
  comparisonSentence,
  createScoreMatrix,
  type NamedTarget,
  openLedger,
} from '@fieldkit/eval';
import {
  findNamed,
  namedAgentTarget,
  openProject,
  type Project,
  promptTargets,
  readPromptFile,
} from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, stringOption } from './command.ts';
import { chooseCases, questionsPath } from './eval-cases.ts';
import { ledgerPath } from './eval-ledger.ts';
import { standinNotice } from './standin-notice.ts';

/**
 * `prompt rewrite --test`: the same questions with the original and the rewritten prompt; a node's prompt through the whole agent. `write`
 * makes the rewritten file, and is called when the original, the questions and the score are found good.
 */
export async function compareRewrite(
  project: Project,
  file: string,
  { node, write }: { readonly node: string | undefined; readonly write: () => void },
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal, cwd, environment } = context;
  const out = stringOption(input, 'out');
  if (out === undefined) throw new FieldkitError('INTERNAL', 'there is no rewritten prompt');
  const paths = [resolve(cwd, file), resolve(cwd, out)] as const;
  if (node === undefined) readPromptFile(paths[0], file);
  const scorers = node === undefined ? comparableScorers : agentScorers;
  const scorer = findNamed(stringOption(input, 'scorer') ?? 'reference-recall', scorers, 'scorer');
  const chosen = await chooseCases(questionsPath(project.paths.root, input, cwd), {
    split: 'all',
    kind: undefined,
    limit: undefined,
  });
  write();
  await standinNotice(project, terminal);
  const prompts = { [node ?? '']: readFileSync(paths[1], 'utf8') };
  const changed =
    node === undefined
      ? undefined
      : await openProject(project.paths.root, { environment, signal, change: { prompts } });
  const ledger = openLedger({ path: ledgerPath(project.paths.root) });
  try {
    const [a, b] =
      changed === undefined
        ? await promptTargets(project, { prompts: [...paths], models: ['chat'] })
        : [await namedAgentTarget(project, 'original'), await rewritten(changed, prompts)];
    if (a === undefined || b === undefined) throw new FieldkitError('INTERNAL', 'two prompts make two targets');
    let said = performance.now();
    await askIntoLedger({
      ledger,
      cases: chosen.cases,
      targets: [a, b],
      scorers,
      concurrency: 2,
      total: chosen.count,
      giveUpAfter: Math.min(5, chosen.count),
      signal,
      context: { documentText: (id) => project.documents.get(id)?.text },
      onProgress({ done, reused, total }) {
        if (performance.now() - said < 2000) return;
        said = performance.now();
        terminal.notice(`  ${done + reused}/${total} answers`);
      },
    });
    const matrix = createScoreMatrix();
    for (const { name, identity } of [a, b])
      for (const row of ledger.rows({ target: ledger.target(name, identity) })) matrix.add(name, row.item, row.scores);
    const [comparison] =
      matrix.targets.length === 2 ? compareTargets({ matrix, pairs: [[a.name, b.name]], scorers: [scorer.name] }) : [];
    if (comparison === undefined)
      throw new FieldkitError(
        'DATASET_INVALID',
        `no question is scored by ${scorer.name}; name another score with --scorer`,
      );
    if (flag(input, 'json')) terminal.notice(comparisonSentence(comparison));
    terminal.line(`\n${comparisonSentence(comparison)}`);
    return 0;
  } finally {
    ledger.close();
    await changed?.close();
  }
}

async function rewritten(project: Project, prompts: Readonly<Record<string, string>>): Promise<NamedTarget> {
  const target = await namedAgentTarget(project, 'rewritten');
  return { ...target, identity: { agent: target.identity, prompts } };
}
