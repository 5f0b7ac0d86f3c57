import { waitsForPerson } from '@fieldkit/core';
import {
  CALLER_OPTIONS,
  type Command,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  RECORDING_OPTIONS,
  stringOption,
} from '../command.ts';
import { answerJson, showAnswer, statusLine } from '../show-answer.ts';
import { standinNotice } from '../standin-notice.ts';
import { callerOf, withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'ask "QUESTION" [--session NAME] [--groups A,B] [--record FILE | --replay FILE] [--project DIR] [--json]',
  description:
    'Answers one question through the pipeline. Every sentence is checked against its source before it is shown. With --session, questions follow on each other.',
  options: {
    ...PROJECT_OPTIONS,
    ...RECORDING_OPTIONS,
    ...CALLER_OPTIONS,
    session: { type: 'string', value: 'NAME', summary: 'conversation that the question belongs to (default: none)' },
  },
  examples: [
    'fieldkit ask "How long is the warranty on seals?"',
    'fieldkit ask "And for dealers?" --session anna --groups dealers --json',
    'fieldkit ask "How long is the warranty on seals?" --record report.jsonl',
  ],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject(input, context, async (project) => {
      const { terminal, signal } = context;
      const question = input.positionals[0] ?? '';
      const session = stringOption(input, 'session');
      await standinNotice(project, terminal);
      const finished = await showAnswer(
        project.ask(question, {
          caller: callerOf(input, project),
          signal,
          ...(session === undefined ? {} : { sessionId: session }),
        }),
        terminal,
      );
      signal.throwIfAborted();
      if (flag(input, 'json')) terminal.json(answerJson(question, finished));
      terminal.line(`\n${terminal.style.dim(statusLine(finished))}`);
      if (finished.run.error !== undefined && !waitsForPerson(finished.run))
        terminal.notice(terminal.style.red(`${finished.run.error.code}: ${finished.run.error.message}`));
      const waits = waitsForPerson(finished.run);
      const unreached = /^MODEL_(?:UNREACHABLE|UNAUTHORIZED|NOT_FOUND|ACCOUNT_UNPAID)$/.test(
        finished.run.error?.code ?? '',
      );
      const next = waits ? 'approvals list' : unreached ? 'doctor' : `runs show ${finished.run.id}`;
      terminal.line(`Next: ${nextStep(context, input, next)}`);
      if (waits) return 3;
      return finished.answer.status === 'failed' ? 1 : 0;
    }),
};
