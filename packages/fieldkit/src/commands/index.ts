import { FieldkitError } from '@fieldkit/core';
import { type Command, flag, nextStep, PROJECT_OPTIONS } from '../command.ts';
import { fileLine, showSummary, summaryJson } from '../show-ingest.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'index stats | index rebuild [--project DIR] [--json]',
  description:
    '`stats` says what is in the index and what it was built with. `rebuild` builds it again beside the old one and swaps when it is whole: needed after a\nchange of segmentation, embedding model or Node version. Documents that did not change are not read again.',
  options: PROJECT_OPTIONS,
  examples: ['fieldkit index stats', 'fieldkit index rebuild --project examples/equipment-desk'],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject(input, context, async (project) => {
      const { terminal, signal } = context;
      const [action] = input.positionals;
      if (action === 'stats') {
        const stats = await project.indexStats();
        if (flag(input, 'json')) terminal.json(stats);
        const { engine, documents, chunks, dense, bytes, stamp } = stats;
        terminal.line(
          `${engine}: ${documents} documents, ${chunks} chunks${bytes === undefined ? '' : `, ${(bytes / 1e6).toFixed(1)} MB`}`,
        );
        terminal.line(`  words    ${stamp === undefined ? 'nothing is built yet' : `analyser ${stamp.analyzer}`}`);
        terminal.line(
          `  meaning  ${stamp?.embedding === undefined ? 'none: retrieval is lexical' : `${stamp.embedding.model}, ${stamp.embedding.dimensions} dimensions, ${dense}`}`,
        );
        terminal.line(`  segments ${stamp?.segmenter ?? 'none'}`);
        terminal.line(`\nNext: ${nextStep(context, input, chunks === 0 ? 'ingest' : 'search "a few words"')}`);
        return 0;
      }
      if (action === 'rebuild') {
        const summary = await project.ingest({
          signal,
          rebuild: true,
          onFile: (file, done, total) => terminal.notice(fileLine(file, done, total)),
        });
        if (flag(input, 'json')) terminal.json(summaryJson(summary));
        showSummary(summary, terminal);
        terminal.line(`\nNext: ${nextStep(context, input, 'ask "your question"')}`);
        return summary.failed === 0 ? 0 : 3;
      }
      throw new FieldkitError('INVALID_OPTION', 'say `fieldkit index stats` or `fieldkit index rebuild`');
    }),
};
