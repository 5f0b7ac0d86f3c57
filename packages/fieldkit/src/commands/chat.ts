import { createInterface } from 'node:readline/promises';
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
import { answerJson, showAnswer } from '../show-answer.ts';
import { standinNotice } from '../standin-notice.ts';
import { printableJson } from '../terminal.ts';
import { callerOf, withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'chat [--session NAME] [--groups A,B] [--project DIR] [--json]',
  description:
    'A conversation in the terminal: each line is a question; in a terminal an empty line or Ctrl-D ends it. Follow-ups see the turns before. Lines may also come\nthrough a pipe; with --json each answer is one line of JSON.',
  options: {
    ...PROJECT_OPTIONS,
    ...RECORDING_OPTIONS,
    ...CALLER_OPTIONS,
    session: { type: 'string', value: 'NAME', summary: 'go on with this conversation (default: a new one)' },
  },
  examples: ['fieldkit chat', 'printf "How long is the warranty?\\nAnd for seals?\\n" | fieldkit chat --json'],
  run: (input, context) =>
    withProject(input, context, async (project) => {
      const { terminal, signal } = context;
      const json = flag(input, 'json');
      const caller = callerOf(input, project);
      const sessionId = stringOption(input, 'session') ?? `chat-${new Date().toISOString()}`;
      await standinNotice(project, terminal);
      terminal.line(terminal.style.dim(`Session ${sessionId}; an empty line ends it.`));
      const interactive = process.stdin.isTTY === true && !json;
      const lines = createInterface({
        input: process.stdin,
        ...(interactive ? { output: process.stdout, prompt: '\n› ' } : {}),
      });
      signal.addEventListener('abort', () => lines.close(), { once: true });
      let failed = false;
      if (interactive) lines.prompt();
      for await (const line of lines) {
        const question = line.trim();
        if (question === '' && interactive) break;
        if (question === '') continue;
        if (!interactive) terminal.line(terminal.style.bold(`\n› ${question}`));
        const finished = await showAnswer(project.ask(question, { caller, sessionId, signal }), terminal);
        if (json) process.stdout.write(`${printableJson(answerJson(question, finished), 0)}\n`);
        failed ||= finished.answer.status === 'failed';
        if (waitsForPerson(finished.run)) terminal.notice(`Next: ${nextStep(context, input, 'approvals list')}`);
        else if (finished.run.error !== undefined)
          terminal.notice(terminal.style.red(`${finished.run.error.code}: ${finished.run.error.message}`));
        if (signal.aborted) break;
        if (interactive) lines.prompt();
      }
      lines.close();
      signal.throwIfAborted();
      terminal.line(
        `\nNext: ${nextStep(context, input, 'runs list')}   or go on with: ${nextStep(context, input, `chat --session ${sessionId}`)}`,
      );
      return failed ? 1 : 0;
    }),
};
