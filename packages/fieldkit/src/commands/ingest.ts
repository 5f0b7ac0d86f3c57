import { FieldkitError } from '@fieldkit/core';
import { type Command, flag, nextStep, PROJECT_OPTIONS } from '../command.ts';
import { ingestInventory } from '../ingest-inventory.ts';
import { fileLine, showSummary, summaryJson } from '../show-ingest.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'ingest [inventory --out FILE.xlsx] [--language zh|en] [--project DIR] [--rebuild] [--json]',
  description:
    'Reads every document that knowledge.include names and brings the index up to date: new and changed documents are read, removed ones leave the index,\nunchanged ones cost nothing. A document that cannot be read is reported by name and the rest goes on (exit code 3).\n`ingest inventory` reads nothing new: it writes what was read as a list to sign, with pages, versions, copies, OCR needs and counted units of scope.',
  options: {
    ...PROJECT_OPTIONS,
    rebuild: { type: 'boolean', summary: 'build the index anew, for example after a change of the embedding model' },
    out: { type: 'string', value: 'FILE', summary: 'inventory: the .xlsx file to write' },
    language: {
      type: 'string',
      value: 'zh|en',
      summary: "headings of what is written (default: Chinese when it is the project's first language, else English)",
    },
  },
  positionals: { min: 0, max: 1 },
  examples: [
    'fieldkit ingest',
    'fieldkit ingest --project examples/equipment-desk --json',
    'fieldkit ingest inventory --out inventory.xlsx --language zh',
  ],
  run: (input, context) =>
    withProject(input, context, async (project) => {
      const [form] = input.positionals;
      if (form === 'inventory') return ingestInventory(project, input, context);
      if (form !== undefined) {
        throw new FieldkitError(
          'INVALID_OPTION',
          `ingest has no form "${form}": say ingest, or ingest inventory --out FILE.xlsx`,
        );
      }
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
