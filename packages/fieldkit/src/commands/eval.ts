import { FieldkitError } from '@fieldkit/core';

import { findProject } from '@fieldkit/project';
import { type Command, PROJECT_OPTIONS, RECORDING_OPTIONS, stringOption } from '../command.ts';
import { labelAnswers } from '../eval-labels.ts';
import { compareInLedger } from '../eval-ledger.ts';
import { addFromRun, checkQuestions, importQuestions, writeTemplate } from '../eval-questions.ts';
import { runEvaluation } from '../eval-run.ts';

import { withProject } from '../with-project.ts';

export const command: Command = {
  usage:
    'eval run [options] | eval compare A B | eval label | eval check | eval template --out FILE | eval import FILE… | eval add --from-run ID [--project DIR] [--json]',
  description: [
    "`run` asks the project's questions (evals/questions.jsonl) through the agent, or through other targets, and says how good the answers are, why",
    'each failed, and what to do. A score below --min, or below a gate of --criteria, ends with exit code 4. With --ledger outcomes are kept in',
    'evidence/: what is there already is not asked again, and a run that was cut short goes on. `compare` tells whether two named runs of the ledger',
    'differ. `label` has people say of a sample of answers whether they are right, so that a judge can be measured by them. `check` looks at the',
    'questions themselves. `template` writes the sheet that experts fill in, `import` adds the rows of sheets, `add` makes a question of a run.',
  ].join('\n'),
  options: {
    ...PROJECT_OPTIONS,
    ...RECORDING_OPTIONS,
    questions: {
      type: 'string',
      value: 'FILE',
      summary: 'JSON Lines, CSV, XLSX or YAML (default: evals/questions.jsonl of the project)',
    },
    split: { type: 'string', value: 'NAME', summary: 'only this split: dev, unseen, or all (default: all)' },
    kind: { type: 'string', value: 'NAME', summary: 'only this kind of question; with add: its kind' },
    limit: { type: 'string', value: 'N', summary: 'the first N questions only' },
    target: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      summary: 'run: agent (default), or a target of evaluation.targets in fieldkit.config.ts; several are compared',
    },
    prompt: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      summary: 'run: a prompt file as a target, without retrieval',
    },
    model: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      summary: 'run: models for --prompt (default chat); all × all',
    },
    outputs: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      summary: 'run: answers in a file as a target: {"id","answer"}',
    },
    rounds: { type: 'string', value: 'N', summary: 'times each question is asked (default 1)' },
    batch: {
      type: 'boolean',
      summary: 'ask prompts by Batch API: half the price, within a day; resumes; implies --ledger',
    },
    poll: { type: 'string', value: 'SECONDS', summary: 'with --batch: between two looks (default 30)' },
    concurrency: { type: 'string', value: 'N', summary: 'questions at a time (default 2)' },
    timeout: { type: 'string', value: 'SECONDS', summary: 'longest time of one answer (default: no limit)' },
    scorers: {
      type: 'string',
      multiple: true,
      value: 'A,B',
      summary: 'other scores, also accuracy, relevance, compliance, response-integrity',
    },
    judge: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      summary: 'a judge of evaluation.judges in fieldkit.config.ts, or all (default: none)',
    },
    replay: { type: 'boolean', summary: 'ask failed questions again with one thing changed, and count what it fixes' },
    stronger: { type: 'string', value: 'MODEL', summary: 'with --replay: the model to try instead' },
    details: { type: 'boolean', summary: 'scores by kind, split and language as well' },
    min: {
      type: 'string',
      multiple: true,
      value: 'SCORER=VALUE',
      summary: 'a gate, 0 to 1; may be given several times',
    },
    criteria: {
      type: 'string',
      value: 'FILE',
      summary: 'JSON of gates, fixed by their first use with the ledger: {"gates":[…]}',
    },
    ledger: { type: 'boolean', summary: 'keep outcomes in evidence/evaluation.sqlite and go on from there' },
    name: { type: 'string', value: 'NAME', summary: "how the ledger calls the agent (default: the project's name)" },
    report: {
      type: 'string',
      value: 'DIR',
      summary: 'write HTML, Markdown, CSV, JUnit and JSON there; implies --ledger',
    },
    scorer: { type: 'string', value: 'NAME', summary: 'the score to go by (default gold-place-first-3)' },
    size: { type: 'string', value: 'N', summary: 'label: answers in the sample (default 30)' },
    from: { type: 'string', value: 'FILE', summary: 'label: a filled sheet' },
    out: { type: 'string', value: 'FILE', summary: 'template, label: the sheet to write, .xlsx or .csv' },
    language: { type: 'string', value: 'zh|en', summary: 'template: header in one language (default: both)' },
    'from-run': { type: 'string', value: 'ID', summary: 'add: the run, the start of its id, or last' },
    reference: { type: 'string', multiple: true, value: 'TEXT', summary: 'add: a right answer; several are allowed' },
    right: { type: 'boolean', summary: 'add: the citations of the run are the right evidence' },
    expect: { type: 'string', value: 'STATUS', summary: 'add: answered, insufficient or refused (default answered)' },
  },
  examples: [
    'fieldkit eval run --split dev --min gold-place-first-3=0.9 --json',
    'fieldkit eval run --ledger --name before --replay --report evidence/report',
    'fieldkit eval run --prompt a.md --prompt b.md --model chat --model fast --rounds 3 --ledger',
    'fieldkit eval run --target helpdesk --target agent --judge correct',
    'fieldkit eval compare before after',
    'fieldkit eval label --name before --out labels.xlsx',
    'fieldkit eval template --out questions.xlsx --language zh',
    'fieldkit eval add --from-run last --right',
  ],
  positionals: { min: 1, max: 20 },
  async run(input, context) {
    const [action, ...rest] = input.positionals;
    const [first] = rest;
    if (action === 'run' && first === undefined)
      return withProject(input, context, (project) => runEvaluation(project, input, context));
    const root = findProject(context.cwd, stringOption(input, 'project'));
    if (action === 'compare') return compareInLedger(root, rest, input, context);
    if (action === 'label' && first === undefined) return labelAnswers(root, input, context);
    if (action === 'check' && first === undefined) return checkQuestions(root, input, context);
    if (action === 'template' && first === undefined) return writeTemplate(root, input, context);
    if (action === 'import' && rest.length > 0) return importQuestions(root, rest, input, context);
    if (action === 'add' && first === undefined) return addFromRun(root, input, context);
    throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
  },
};
