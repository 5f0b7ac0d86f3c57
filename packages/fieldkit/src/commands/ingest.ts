import { type Command, flag, nextStep, PROJECT_OPTIONS } from '../command.ts';
import { fileLine, showSummary, summaryJson } from '../show-ingest.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'ingest [--project DIR] [--rebuild] [--json]',
  description:
    'Reads every document that knowledge.include names and brings the index up to date: new and changed documents are read, removed ones leave the index,\nunchanged ones cost nothing. A document that cannot be read is reported by name and the rest goes on (exit code 3).',
  options: {
    ...PROJECT_OPTIONS,
    rebuild: { type: 'boolean', summary: 'build the index anew, for example after a change of the embedding model' },
  },
  examples: ['fieldkit ingest', 'fieldkit ingest --project examples/equipment-desk --json'],
  run: (input, context) =>
    withProject(input, context, async (project) => {
      const { terminal, signal } = context;
      const summary = await project.ingest({
        signal,
        rebuild: flag(input, 'rebuild'),
        onFile: (file, done, total) => terminal.notice(fileLine(file, done, total)),
      });
      if (flag(input, 'json')) terminal.json(summaryJson(summary));
      showSummary(summary, terminal);
      terminal.line(
        `\nNext: ${nextStep(context, input, 'ask "your question"')}   or   ${nextStep(context, input, 'search "a few words"')}`,
      );
      return summary.failed === 0 ? 0 : 3;
    }),
};
