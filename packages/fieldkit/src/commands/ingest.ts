import { FieldkitError } from '@fieldkit/core';
import { type Command, flag, nextStep, PROJECT_OPTIONS, RECORDING_OPTIONS } from '../command.ts';
import { ingestInventory } from '../ingest-inventory.ts';
import { writeIngestReport } from '../ingest-report.ts';
import { createIndexProgress, fileLine, showSummary, summaryJson } from '../show-ingest.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'ingest [--report [DIR]] [inventory --out FILE.xlsx] [--language zh|en] [--project DIR] [--rebuild] [--json]',
  description:
    'Reads every document that knowledge.include names and brings the index up to date: new and changed documents are read, removed ones leave the index,\nunchanged ones cost nothing. A document that cannot be read is reported by name and the rest goes on (exit code 3).\n`--report` also writes a page that shows what was found and lost, with the recognised blocks drawn over the pages, and advice with what was measured.\n`ingest inventory` reads nothing new: it writes what was read as a list to sign, with pages, versions, copies, OCR needs and counted units of scope.',
  options: {
    ...PROJECT_OPTIONS,
    ...RECORDING_OPTIONS,
    rebuild: { type: 'boolean', summary: 'build the index anew, for example after a change of the embedding model' },
    report: {
      type: 'boolean',
      summary: 'write index.html and report.json into the folder that follows (default: .fieldkit/report)',
    },
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
    'fieldkit ingest --report ingest-report',
    'fieldkit ingest inventory --out inventory.xlsx --language zh',
  ],
  run: (input, context) =>
    withProject(input, context, async (project) => {
      const [form] = input.positionals;
      if (form === 'inventory') return ingestInventory(project, input, context);
      const report = flag(input, 'report');
      if (form !== undefined && !report) {
        throw new FieldkitError(
          'INVALID_OPTION',
          `ingest has no form "${form}": say ingest, ingest --report [DIR], or ingest inventory --out FILE.xlsx`,
        );
      }
      const { terminal, signal } = context;
      const summary = await project.ingest({
        signal,
        rebuild: flag(input, 'rebuild'),
        onFile: (file, done, total) => terminal.notice(fileLine(file, done, total)),
        onIndex: createIndexProgress(terminal),
      });
      const written = report ? await writeIngestReport(project, form, input, context) : undefined;
      if (flag(input, 'json'))
        terminal.json({ ...summaryJson(summary), ...(written === undefined ? {} : { report: written }) });
      showSummary(summary, terminal);
      if (written !== undefined) terminal.line(`\nReport: ${written.html} (${written.suggestions} suggestions)`);
      const mend =
        summary.failed === 0
          ? ''
          : `mend or remove what is marked FAIL and ${nextStep(context, input, 'ingest')} again; else   `;
      terminal.line(
        `\nNext: ${mend}${nextStep(context, input, 'ask "your question"')}   or   ${nextStep(context, input, 'search "a few words"')}`,
      );
      return summary.failed === 0 ? 0 : 3;
    }),
};
